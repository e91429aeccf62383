/** What the script of `/admin/policy` says, and what it makes of answers as the server does: findings, differences, replays, proposals. */
import type { View } from "#pages/kit/view.ts";

const counted = (count: number, one: string, several: string): string => `${count === 0 ? "no" : count} ${count === 1 ? one : several}`;
const errors = (count: number): string => counted(count, "error", "errors");
const warnings = (count: number): string => counted(count, "warning", "warnings");
const asks = (count: number): string => `${count} ${count === 1 ? "ask" : "asks"}`;
const times = (count: number): string => (count === 1 ? "once" : `${count} times`);
const people = (count: number): string => (count === 1 ? "one person" : `${count} people`);
const against = (version: number): string => (version === 0 ? "what holds without a policy" : `version ${version}`);

export const policiesScriptTexts = {
  findings: {
    none: "Nothing is wrong with this policy.",
    onlyWarnings: (count: number): string => `This policy may be published, with ${warnings(count)}.`,
    some: (ofErrors: number, ofWarnings: number): string =>
      `This policy cannot be published: ${errors(ofErrors)}, ${warnings(ofWarnings)}.`,
    place: (line: number, column: number): string => `Line ${line}, column ${column}`,
    error: "Error",
    warning: "Warning",
    message: (message: View, hint: View): View[] => [message, ". ", hint],
    toDo: (hint: View): View[] => ["To do: ", hint, "."],
    /** The same as one text, in the editor. */
    whole: (message: string, hint: string): string => `${message}. To do: ${hint}.`,
  },
  rules: {
    added: (names: readonly View[]): View[] => ["New: ", ...names],
    removed: (names: readonly View[]): View[] => ["Gone: ", ...names],
    changed: (rule: View, members: readonly View[]): View[] => ["Changed: ", rule, " (", ...members, ")"],
    reordered: "Rules stand in another order, and the first that matches decides",
    other: (names: readonly View[]): View[] => ["Changed besides the rules: ", ...names],
    same: (version: number): string => `This decides the same as ${against(version)}.`,
    against: (version: number): string => `Against ${against(version)}:`,
  },
  lines: {
    /** For who does not see the signs. */
    names: { same: "", removed: "gone", added: "new" },
    skipped: (lines: number): string => `${lines} ${lines === 1 ? "line" : "lines"} the same`,
    none: "Not a line differs.",
    columns: { before: "Before", after: "After", change: "Change", line: "Line" },
    yours: (version: number): string => `Your text against version ${version}`,
    meanwhile: (version: number): string => `What version ${version} has changed meanwhile`,
  },
  replay: {
    missing: (count: number): string => ` ${asks(count)} could not be looked at: what was asked for is not kept any more.`,
    none: "There is no ask yet to try this on.",
    found: (lookedAt: number, changed: number): string =>
      `Of the last ${asks(lookedAt)}, ${changed === 0 ? "none would have changed" : changed === 1 ? "this one would have changed" : `these ${changed} would have changed`}.`,
    effects: { allow: "Passes without people", require_approval: "Asks people", deny: "Is refused" },
    slot: (required: number, names: readonly View[]): View[] => [`${required} of `, ...names],
    rule: (rule: View, risk: string, code: string | null): View[] => ["Rule ", rule, `, ${risk} risk`, code === null ? "" : `, ${code}`],
    judged: (agent: View, at: View, version: number): View[] => [agent, ", ", at, `, judged by version ${version}`],
    caption: "Asks that would have been judged otherwise",
    columns: { ask: "Ask", before: "Before", after: "After" },
    before: "Before: ",
    after: "After: ",
  },
  proposals: {
    none: "None: nothing that people are asked about was approved three times within 30 days, in like terms, and never denied.",
    some: "From what people approved within 30 days. A draft is only text: nothing passes before you publish it.",
    range: (from: View, to: View): View[] => ["from ", from, " to ", to],
    oneOf: (values: readonly View[]): View[] => ["one of ", ...values],
    always: (value: View): View[] => ["always ", value],
    orLeftOut: ", or left out",
    toolAndAction: (tool: View, action: View): View[] => [tool, " (", action, ")"],
    ofServer: (what: readonly View[], server: View): View[] => [...what, " of ", server],
    byGroup: (what: readonly View[], group: View): View[] => [...what, " by agents of the group ", group],
    byAgent: (what: readonly View[], agent: View): View[] => [...what, " by ", agent],
    approved: (requests: number, persons: number): string =>
      `Approved ${times(requests)} by ${people(persons)}, never denied: let it pass?`,
    ask: (risk: string): string => `An ask, ${risk} risk: what it names is the agent’s own word.`,
    call: (risk: string): string => `A call, ${risk} risk.`,
    noArguments: "Without arguments.",
    evidence: "The approvals that it comes from",
    draft: "Make a draft",
    isThere: "This rule is in the text already.",
    noPlace:
      "The rules of this text do not stand in lines of their own, or it cannot be read: the proposal stands at its end as a comment.",
    drafted: "The draft is in the text. Nothing is published. Below is what would have changed; Ctrl and Z takes the draft out.",
  },
  publishing: {
    refused: (findings: string): string => `Nothing was published. ${findings}`,
    inForce: (version: string): string => `Version ${version} is in force.`,
    waits: (version: string): string => `You have signed for version ${version}. Another admin has to sign as well.`,
  },
  loading: {
    failed: "This text could not be loaded. Try again.",
    done: "The text is loaded. Ctrl and Z brings back what was here.",
  },
} as const;
