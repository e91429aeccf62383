/** What calls are found by in `AUDIT`: the order of their ids, and terms of what lists are filtered by. */
import { hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { callPlace } from "#rules/audit/entry-place.ts";
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

/** A place of that moment; `turn` another one, where the place is taken. */
export function callId(atMs: number, agent: string, number: number, turn: number): number {
  const hash = sha256(utf8(`${agent}:${turn}`));
  const first = ((hash[0] ?? 0) << 8) | (hash[1] ?? 0);
  return callPlace(atMs, first + number);
}

/** One word for a value, whatever is in it; 16 hexadecimal digits, and the row itself says whether it is that. `name`: of letters alone. */
export const hashedTerm = (name: string, value: string): string => `${name}${hex(sha256(utf8(value))).slice(0, 16)}`;

const termsIn = (values: { [Name in keyof CallFilter]?: string | null | undefined }): string[] =>
  Object.entries(values).flatMap(([name, value]) => (value == null ? [] : [hashedTerm(name, value)]));

/** Of a call as it stands. A server is found by its id and by its name, whatever it is called by now. */
export const termsOf = (
  { agent, server, tool, rule }: Pick<CallRecord, "agent" | "server" | "tool" | "rule">,
  { status, request }: Pick<CallRecord, "status" | "request">,
  { session, trace }: { session: string | null; trace: string | null },
): string =>
  [
    ...termsIn({ agent: agent.id, server: server.id, tool, status, rule, request, session, trace }),
    hashedTerm("server", server.name),
    // Each span of a trace says it otherwise.
    ...(trace === null || traceId(trace) === trace ? [] : [hashedTerm("trace", traceId(trace))]),
  ].join(" ");

/** Characters of each kept text that are searched. */
const SEARCHED = 4_000;

export const wordsOf = (...texts: (string | null)[]): string =>
  texts
    .filter((text) => text !== null)
    .map((text) => text.slice(0, SEARCHED))
    .join(" ");

/** The words of a search that can be found. What ends a text for SQLite separates words here. */
export const searchedWords = (q: string): string[] => q.split(/[\s\p{Cc}]+/u).filter((word) => /[\p{L}\p{N}\p{Co}]/u.test(word));

/** A text as FTS5 takes it, whatever stands in it. */
export const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

/** What FTS5 is asked: every term, and every word of `q`, each as a text of its own, whatever stands in it. Null where nothing is. */
export function matchOf(filter: CallFilter, q: string | undefined): string | null {
  const terms = termsIn(filter).map(quoted).join(" AND ");
  const words = searchedWords(q ?? "")
    .map(quoted)
    .join(" AND ");
  const parts = [...(terms === "" ? [] : [`{terms} : (${terms})`]), ...(words === "" ? [] : [`{text} : (${words})`])];
  return parts.length === 0 ? null : parts.join(" AND ");
}
