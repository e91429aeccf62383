/** What wants to be overlooked, and what agents ask for all day. */
import type { CorpusCase } from "./corpus-case.ts";

export const HOSTILE_AND_ORDINARY: readonly CorpusCase[] = [
  {
    name: "a name with a letter of another alphabet",
    action: "Pay",
    payload: { payee: "pаypal.com", amount: 100 },
    strip: ["! Has look-alike characters: pаypal.com (U+0430), once in payee"],
  },
  {
    name: "a text turned round",
    action: "Send file",
    payload: { file: "report\u202efdp.exe" },
    strip: ["! Reorders text: U+202E RIGHT-TO-LEFT OVERRIDE, once in file"],
  },
  {
    name: "a command behind a screen of spaces",
    action: "Echo",
    payload: { command: `echo done${" ".repeat(300)}; rm -rf /` },
    strip: ["! Deletes files: rm -rf / in command"],
  },
  {
    name: "markup",
    action: "Post a comment",
    payload: { body: "<script>alert(1)</script> <b>Approved by security</b>" },
    strip: [],
  },
  {
    name: "a statement behind thousands of others",
    action: "Import",
    payload: { rows: Array.from({ length: 6_000 }, (_, i) => i), next: "DROP TABLE users" },
    strip: ["! Drops what is there: DROP TABLE users in next"],
  },
  {
    name: "a statement within thousands of others",
    action: "Import",
    payload: { rows: [...Array.from({ length: 6_000 }, () => 1), "a\u202eb; ", "DROP TABLE users"] },
    strip: ["! Reorders text: U+202E RIGHT-TO-LEFT OVERRIDE, once in the payload", "! Drops what is there: DROP TABLE users in rows 6002"],
  },
  {
    name: "a secret under a plain name",
    action: "Configure",
    payload: { settings: { password: "hunter22-Q", region: "eu-central-1" } },
    strip: ["Looks like a secret in password"],
  },
  {
    name: "a deployment",
    action: "Deploy api to staging",
    payload: {
      service: "api",
      image: "registry.example.com/api@sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
      replicas: 3,
    },
    strip: [],
  },
  {
    name: "an issue",
    action: "Open issue",
    payload: {
      title: "Drop table reservations from the wiki",
      body: "We should remove old pages; please delete what is not linked.",
      labels: ["docs"],
    },
    strip: [],
  },
  {
    name: "a calendar",
    action: "Create event",
    payload: { title: "Truncate meeting", start: "2026-12-01T09:00:00Z", attendees: ["sam@example.com", "ada@example.com"], minutes: 30 },
    strip: [],
  },
  {
    name: "a change of settings",
    action: "Change settings",
    payload: { before: { retention_days: 30, region: "eu" }, after: { retention_days: 90, region: "eu" } },
    strip: [],
  },
  {
    name: "a search",
    action: "search_documents",
    payload: { query: "where did we put the production checklist", filter: {}, limit: 20 },
    strip: [],
  },
];
