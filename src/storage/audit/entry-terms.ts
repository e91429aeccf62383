/** What entries are found by in `AUDIT` (d1-migrations/audit/0003), and how what somebody looks for is asked of FTS5. */
import { CALL_KIND, type LeafEntry } from "#rules/audit/entry-of-leaf.ts";
import { hashedTerm, quoted, searchedWords, wordsOf } from "../calls/terms.ts";

/** Exactly; an agent is one of several ids, where a name was given. */
export interface EntryFilter {
  /** A kind, or the word before its dot, for all of these. */
  kind?: string | undefined;
  status?: string | undefined;
  agents?: readonly string[] | undefined;
  /** An id. */
  person?: string | undefined;
  rule?: string | undefined;
  /** An id or a name. */
  server?: string | undefined;
  tool?: string | undefined;
  request?: string | undefined;
}

/** The value of a term that all entries have that are about a request. */
const ABOUT_REQUEST = "request";

const groupOf = (kind: string): string => kind.split(".")[0] ?? kind;

export function entryTerms({
  kind,
  status,
  agent,
  people = [],
  rule,
  server,
  tool,
  request,
}: Partial<LeafEntry> & { kind: string }): string {
  const values: [string, string | null | undefined][] = [
    ["kind", kind],
    ["group", groupOf(kind)],
    ["status", status],
    ["agent", agent?.id],
    ["called", agent?.name],
    ...people.map((id): [string, string] => ["person", id]),
    ["rule", rule],
    ["server", server?.id],
    ["server", server?.name],
    ["tool", tool],
    ["request", request],
    ["about", request == null ? null : ABOUT_REQUEST],
  ];
  return [...new Set(values.flatMap(([name, value]) => (value == null ? [] : [hashedTerm(name, value)])))].join(" ");
}

export const entryText = ({ kind, agent, rule, server, tool, text, words }: LeafEntry): string =>
  wordsOf([text, ...words, agent?.name ?? "", server?.name ?? "", tool ?? "", rule ?? "", kind].join(" "));

const anyOf = (name: string, values: readonly string[]): string => values.map((value) => quoted(hashedTerm(name, value))).join(" OR ");

const termsBut = ({ agents, ...one }: Omit<EntryFilter, "kind">): string[] => [
  ...Object.entries(one).flatMap(([name, value]) => (value === undefined ? [] : [anyOf(name, [value])])),
  ...(agents === undefined ? [] : [anyOf("agent", agents)]),
];

const together = (terms: readonly string[], words: readonly string[]): string | null => {
  const parts = [...terms.map((one) => `{terms} : (${one})`), ...words];
  return parts.length === 0 ? null : parts.join(" AND ");
};

/** Whether such a filter can find anything at all: a search without a letter or a digit finds nothing, nor does an agent that nobody is. */
export const canFind = ({ agents }: EntryFilter, q: string | undefined): boolean =>
  agents?.length !== 0 && (q === undefined || searchedWords(q).length > 0);

/** Of entries of leaves: null for all of them, undefined where calls alone are meant, which are none. `readsActions`: whether what requests say may be what is found. */
export function leavesMatch({ kind, ...filter }: EntryFilter, q: string | undefined, readsActions: boolean): string | null | undefined {
  if (kind === CALL_KIND) return undefined;
  const kinds = kind === undefined ? [] : [anyOf(kind.includes(".") ? "kind" : "group", [kind])];
  const match = together(
    [...kinds, ...termsBut(filter)],
    searchedWords(q ?? "").map((word) => `{text} : (${quoted(word)})`),
  );
  return q === undefined || readsActions ? match : `(${match}) NOT {terms} : (${anyOf("about", [ABOUT_REQUEST])})`;
}

/** What of a call is found by its whole name, besides by the words of what is kept of it. */
const NAMES = ["tool", "server", "rule", "agent", "request", "session"];

/** Of calls: null for all of them, undefined where no call can be meant. */
export function callsMatch({ kind, person, ...filter }: EntryFilter, q: string | undefined): string | null | undefined {
  if (person !== undefined || (kind !== undefined && kind !== CALL_KIND)) return undefined;
  const words = searchedWords(q ?? "").map(
    (word) => `({text} : (${quoted(word)}) OR {terms} : (${NAMES.map((name) => anyOf(name, [word])).join(" OR ")}))`,
  );
  return together(termsBut(filter), words);
}
