/** Texts of `/admin/policy`, as the server makes it. */
import type { View } from "#pages/kit/view.ts";

export const policiesTexts = {
  title: "Policy",
  intro: <T>(grants: (name: string) => T) => [
    "It says what happens to an action: it passes, it asks people, or it is refused. What approvers remember passes as well, until it is used up: ",
    grants("Grants"),
  ],
  waiting: {
    title: "Waiting for a second admin’s signature",
    version: (version: number): string => `Version ${version}`,
    droppedAt: (time: string): string => `Dropped if nobody else signs by ${time}.`,
    overtaken: "Another version has been published since this was signed: load the text, compare, and sign it anew.",
    noText: "Its text is not kept any more.",
    changes: (version: number): string => `What version ${version} changes`,
    text: "The whole text",
    sign: (version: number): string => `Sign and publish version ${version}`,
    load: "Load into the editor",
  },
  form: {
    label: "Policy",
    hint: "YAML or JSON.",
    keys: "Tab leaves the editor; Ctrl and ] indents, Ctrl and [ takes that back, Ctrl and the space bar completes.",
    check: "Check",
    replay: "Try on past requests",
    publish: "Publish policy",
    publishHint: "You sign what you publish with your passkey.",
    needsScript: "To publish, this page needs JavaScript: your browser itself has to sign with your passkey.",
  },
  proposals: { title: "Proposals", reading: "Reading what people approved." },
  examples: {
    begin: <T>(links: readonly T[]) => ["Begin with an example: ", ...links, "."],
    /** By the names of their files. */
    names: {
      "small-team": "a small team",
      "agent-platform": "a platform with many agents",
      "regulated-team": "a regulated team",
    },
  },
  /** What is in force. */
  state: {
    version: (version: number): string => `Version ${version}`,
    none: (version: View): View[] => [version, ": one approver is asked for everything. No policy is published yet."],
    inForce: (version: View, since: View, signers: readonly View[]): View[] => [
      version,
      " is in force since ",
      since,
      ", signed by ",
      ...signers,
      ".",
    ],
    and: " and ",
  },
  versions: {
    title: "Versions",
    none: "No version yet. What is published appears here, and stays.",
    older: "Older versions",
    version: (version: number): string => `Version ${version}`,
    versionInForce: (version: number): string => `Version ${version} (in force)`,
    published: (at: View, signers: readonly View[]): View[] => ["published ", at, ", signed by ", ...signers],
    show: "Show",
    /** Goes on from “Show” and from “Load”, for who does not see what they stand beside. */
    showUnseen: (version: number): string => ` version ${version}`,
    load: "Load",
    loadUnseen: (version: number): string => ` version ${version} into the editor`,
  },
  shown: {
    title: (version: number): string => `Version ${version}`,
    compared: (version: number, against: number): string => `Version ${version} against version ${against}`,
    compareWith: <T>(links: readonly T[]) => ["Compare with ", ...links, "."],
    other: (version: number): string => `version ${version}`,
    text: "The whole text",
  },
  /** Where the text in the editor comes from, if it is not what is in force. */
  loaded: {
    version: (version: number): string => `This is the text of version ${version}.`,
    waiting: (version: number): string => `This is the text of version ${version}, which waits for a signature.`,
    example: "This is an example: put in groups and people of yours.",
    nothing: "What you wanted to load is not here: this is what is in force.",
  },
  /** For who may look and change nothing. */
  record: {
    intro: "It says what happens to an action: it passes, it asks people, or it is refused. Admins publish it, and sign for it.",
  },
} as const;
