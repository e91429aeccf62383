/** What calls are found by in `AUDIT`: the order of their ids, and terms of what lists are filtered by. */
import { hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { traceId } from "#rules/calls/trace-id.ts";
import type { CallRecord } from "#countersign/documents/call.ts";

/** What a list may be filtered by, exactly. */
export interface CallFilter {
  agent?: string | undefined;
  server?: string | undefined;
  tool?: string | undefined;
  status?: string | undefined;
  rule?: string | undefined;
  request?: string | undefined;
  session?: string | undefined;
  trace?: string | undefined;
}

/** Before the first call of all. */
const FIRST_MS = Date.parse("2026-01-01T00:00:00.000Z");
/** Ids of one millisecond: with them a time stays a safe integer for seventy years. */
const PLACES = 4_096;

/** The first id of that moment. */
export const idFrom = (atMs: number): number => Math.max(0, atMs - FIRST_MS) * PLACES;

/** A place of that moment; `turn` another one, where the place is taken. */
export function callId(atMs: number, agent: string, number: number, turn: number): number {
  const hash = sha256(utf8(`${agent}:${turn}`));
  const first = ((hash[0] ?? 0) << 8) | (hash[1] ?? 0);
  return idFrom(atMs) + ((first + number) % PLACES);
}

/** One word for a value, whatever is in it; 16 hexadecimal digits, and the row itself says whether it is that. */
const term = (name: keyof CallFilter, value: string): string => `${name}${hex(sha256(utf8(value))).slice(0, 16)}`;

const termsIn = (values: { [Name in keyof CallFilter]?: string | null | undefined }): string[] =>
  Object.entries(values).flatMap(([name, value]) => (value == null ? [] : [term(name as keyof CallFilter, value)]));

/** Of a call as it stands. A server is found by its id and by its name, whatever it is called by now. */
export const termsOf = (
  { agent, server, tool, rule }: Pick<CallRecord, "agent" | "server" | "tool" | "rule">,
  { status, request }: Pick<CallRecord, "status" | "request">,
  { session, trace }: { session: string | null; trace: string | null },
): string =>
  [
    ...termsIn({ agent: agent.id, server: server.id, tool, status, rule, request, session, trace }),
    term("server", server.name),
    // Each span of a trace says it otherwise.
    ...(trace === null || traceId(trace) === trace ? [] : [term("trace", traceId(trace))]),
  ].join(" ");

/** Characters of each kept text that are searched. */
const SEARCHED = 4_000;

export const wordsOf = (...texts: (string | null)[]): string =>
  texts
    .filter((text) => text !== null)
    .map((text) => text.slice(0, SEARCHED))
    .join(" ");

/** What FTS5 is asked: every term, and every word of `q`, each as a text of its own, whatever stands in it. Null where nothing is. */
export function matchOf(filter: CallFilter, q: string | undefined): string | null {
  const quoted = (words: string[]) => words.map((word) => `"${word.replaceAll('"', '""')}"`).join(" AND ");
  const terms = quoted(termsIn(filter));
  const words = quoted((q ?? "").split(/\s+/u).filter((word) => /[\p{L}\p{N}\p{Co}]/u.test(word)));
  const parts = [...(terms === "" ? [] : [`{terms} : (${terms})`]), ...(words === "" ? [] : [`{text} : (${words})`])];
  return parts.length === 0 ? null : parts.join(" AND ");
}
