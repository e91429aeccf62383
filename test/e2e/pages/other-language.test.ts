/**
 * A second language needs a folder of texts and nothing else: the pages made with a language that nobody speaks have no plain word left
 * but those of their data. Shown as the server makes them, and as their scripts leave them.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { openPage, ORIGIN } from "#test/support/browser/served-pages.tsx";
import { ALEX, approvalData, decisionOf, SAM } from "#test/support/documents/approval-data.ts";
import { inboxData, inboxList, inboxRow } from "#test/support/documents/inbox-data.ts";
import { makeReceipt, makeWorld, ORIGIN as RECEIPTS_ORIGIN } from "#test/support/documents/sealed-receipt.ts";
import { pagesOf, scriptOf } from "#test/support/pages/other-language.ts";
import { writePseudoLanguage } from "#test/support/pages/pseudo-language.ts";

const PAGES = {
  ApprovalPage: "approvals/approval-page.tsx",
  InboxPage: "approvals/inbox-page.tsx",
  BatchPage: "batch/batch-page.tsx",
  ComparePage: "batch/compare-page.tsx",
  LookPage: "calls/look-page.tsx",
  AlikePage: "patterns/alike-page.tsx",
  SignInPage: "sessions/sign-in-page.tsx",
  LogPage: "log/log-page.tsx",
  LogEntryPage: "log/log-entry-page.tsx",
  VerifyPage: "log/verify-page.tsx",
  ConnectorsPage: "connectors/connectors-page.tsx",
  NotForYouPage: "kit/message-page.tsx",
} as const;
const SCRIPTS = {
  approval: "approvals/browser/approval-page.ts",
  inbox: "approvals/browser/inbox-page.ts",
  batch: "batch/browser/batch-page.ts",
  verify: "log/browser/verify-page.ts",
} as const;
type Made = Record<keyof typeof PAGES, (props: object) => { toString(): string }>;

const HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const PERSON = { id: ALEX.id, username: "alex", displayName: "Alex Doe", mayAdminister: true, mayStop: true, toLookAt: 2 };
const DATA = approvalData(ORIGIN, { state: { decisions: [decisionOf(SAM, "approved", "Fine.")] } });
const { request, payload, state, person, people, now } = DATA;
const AIDS = { marks: [], notes: [], call: null, previous: null };
const LEAVES = [
  { index: 1, hash: HASH, revealed: null },
  { index: 0, hash: HASH, revealed: { kind: "log.genesis" } },
];

/** Names of members that a view takes over from what is signed. */
const MEMBERS = ["agent", "quorum", "denials"];

let folder: string;
let made: Made;
let scripts: Map<string, string>;
let browser: Browser;
let page: Page;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "countersign-language-"));
  writePseudoLanguage(folder);
  made = await pagesOf(
    folder,
    Object.entries(PAGES)
      .map(([name, path]) => `export { ${name} } from "./src/pages/${path}";`)
      .join("\n"),
  );
  const built = Object.entries(SCRIPTS).map(async ([name, path]) => [name, await scriptOf(folder, `src/pages/${path}`)] as const);
  scripts = new Map(await Promise.all(built));
  browser = await enterChromium();
  page = await browser.newPage();
  await page.route(/\/assets\/[\w-]+\.js$/, (route) => {
    const name = /([\w-]+)-[0-9a-f]{10}\.js$/.exec(route.request().url())?.[1] ?? "";
    return route.fulfill({ contentType: "text/javascript", body: scripts.get(name) ?? "" });
  });
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await leaveChromium();
});

/** Opens a page as it is in that language; without its script if it is none of those that were built. */
async function open(name: keyof typeof PAGES, props: object, path = "/"): Promise<void> {
  await openPage(page, path, made[name](props).toString(), (asked) => (asked.startsWith("/a/") ? { json: state } : undefined));
}

/** Strings of data, names of members too, the longest first. */
function stringsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [String(value)];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...stringsIn(inner)]);
}

/** All that is read on the page, as far as it is none of `data`: of texts and names the words in plain letters. Code and what is not shown are left out. */
async function plainWords(data: unknown): Promise<string[]> {
  const read = await page.evaluate(() => {
    const NAMES = ["aria-label", "title", "placeholder", "alt"];
    const walker = document.createTreeWalker(document, NodeFilter.SHOW_TEXT);
    const found: string[] = [];
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      if (node.parentElement?.closest("script, style, code, pre, noscript, .id, .hash") === null) found.push(node.textContent ?? "");
    }
    for (const one of document.querySelectorAll("*")) found.push(...NAMES.map((name) => one.getAttribute(name) ?? ""));
    return found;
  });
  const known = [...new Set(stringsIn(data))].filter((one) => /[A-Za-z]{2}/.test(one)).toSorted((a, b) => b.length - a.length);
  const rest = read.map((text) => known.reduce((left, one) => left.replaceAll(one, " "), text));
  return [...new Set(rest.flatMap((text) => text.match(/[A-Za-z]{2,}/g) ?? []))];
}

/** Whether there is anything in that language. */
const accentedLetters = async (): Promise<number> => ((await page.locator("body").innerText()).match(/[áéíóúŧšñ]/g) ?? []).length;

const LOG = {
  origin: "gate.example.com/log",
  size: 2,
  root: HASH,
  vkey: "gate.example.com/log+1a2b3c4d+AZ",
  witnessed: { size: 1, witnesses: [{ name: "witness.example", timeSeconds: 1_795_000_000 }] },
  growth: [],
  leaves: LEAVES,
  newer: null,
  older: 1,
};
const ENTRY = {
  index: 1,
  entry: HASH,
  hash: HASH,
  path: [{ sibling: HASH, siblingIsLeft: true, hash: HASH }],
  size: 2,
  root: HASH,
  proof: "x",
  revealed: null,
};
const NOTICE = {
  agent: { id: "agt_1", name: "release-bot" },
  number: 1,
  at: now,
  server: "files",
  tool: "delete_file",
  rule: "reads",
  score: 40,
  reasons: ["Never called before."],
};
const PATTERN = {
  id: "pat_1",
  agent: { id: "agt_bot", name: "release-bot" },
  by: { id: ALEX.id, username: "alex" },
  comment: "Not this.",
  until: now,
  arguments_hash: HASH,
  server: null,
  tool: null,
  action: "Deploy",
};
const CONNECTOR = {
  id: "con_1",
  name: "laptop",
  server: "files",
  address: "connector:con_1",
  created_at: now,
  revoked_at: null,
  connected_since: now,
  serves: true,
};
const lists = [
  inboxList("waiting", [inboxRow("apr_1"), inboxRow("apr_2", { risk: "critical" })], { total: { count: 12, more: false }, next: "x~y" }),
  inboxList("ended", [inboxRow("apr_3", { status: "denied" })], { looked_at: 2_000 }),
];

test.each<[keyof typeof PAGES, object]>([
  ["ApprovalPage", { data: DATA }],
  [
    "ApprovalPage",
    {
      data: approvalData(ORIGIN, {
        state: { status: "denied", ended_by: "passkeys", decided_at: now, decisions: [decisionOf(ALEX, "denied")] },
      }),
    },
  ],
  ["InboxPage", { person: PERSON, inbox: inboxData([], { lists }) }],
  [
    "BatchPage",
    {
      person: PERSON,
      data: { items: [1, 2].map(() => ({ request, payload, aids: AIDS, state, is_folded: false })), person, people, can_sign: true, now },
      leftOut: [],
    },
  ],
  [
    "ComparePage",
    {
      person: PERSON,
      people,
      first: { request, payload, status: "pending" },
      second: { request, payload: { service: "web" }, status: "denied" },
    },
  ],
  ["LookPage", { person: PERSON, notices: [NOTICE], isFurther: true, next: "x" }],
  ["LookPage", { person: PERSON, notices: null, isFurther: false, next: null }],
  [
    "AlikePage",
    {
      person: PERSON,
      data: { source: request.id, requests: [{ request, same: true }], person, can_sign: true, now },
      request,
      kind: PATTERN,
      alone: [request],
      isCut: true,
      patterns: [PATTERN],
    },
  ],
  ["SignInPage", { next: "/" }],
  ["LogPage", { log: LOG, person: PERSON, search: null }],
  ["LogPage", { log: LOG, person: PERSON, search: { query: "apr_1", found: null } }],
  ["LogEntryPage", { entry: ENTRY, told: null, person: undefined }],
  ["VerifyPage", { origin: ORIGIN, vkey: null }],
  ["ConnectorsPage", { person: PERSON, connectors: [CONNECTOR], waiting: [], names: new Map(), origin: ORIGIN, isAvailable: true }],
  ["NotForYouPage", { person: PERSON }],
])("%s has no word of its own", async (name, props) => {
  await open(name, props);
  expect(await plainWords([props, MEMBERS])).toEqual([]);
  expect(await accentedLetters()).toBeGreaterThan(50);
  expect(await page.evaluate(() => [document.documentElement.lang, document.documentElement.dir])).toEqual(["en-x-pseudo", "rtl"]);
});

test("a card whose script has looked says what to do in that language", async () => {
  await open("ApprovalPage", { data: DATA }, `/a/${request.id}`);
  await page.locator("[data-state=verified]").waitFor();
  expect(await plainWords(DATA)).toEqual([]);
});

test("a receipt that was checked says in that language what holds", async () => {
  const world = await makeWorld();
  const { text, receipt } = await makeReceipt(world, { status: "approved" });
  await open("VerifyPage", { origin: RECEIPTS_ORIGIN, vkey: world.trust.vkey }, "/verify");
  await page.locator("#receipt").fill(text);
  await page.locator("#verify button[type=submit]").first().click();
  await page.locator("[data-check=malformed][data-state=holds]").waitFor();
  expect(await plainWords([receipt, "ES256", world.trust])).toEqual([]);
});
