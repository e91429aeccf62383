/**
 * A request that is over, as it is kept in the archive (docs/formats.md, "Archive"): what makes its receipt for ever, and apart from
 * it, so that they can go earlier, the words. Pure. Where both are kept is request-archive.ts.
 */
import { b64u, type Bytes, equal, utf8 } from "#countersign/encoding/bytes.ts";
import { keyedHash } from "#countersign/encoding/keyed-hash.ts";
import { canonicalize, type Hashable } from "#countersign/json/canonical-json.ts";
import type { AcceptedDecision, ApprovalState, Report } from "#rules/approval.ts";
import type { KeptQuestion } from "#rules/talk/said-before-end.ts";

const KEPT = "countersign/archived-request@v1";
const WORDS = "countersign/archived-words@v1";

/** Names of all words begin so, and go on with the day on which the request ended: the oldest come first. */
export const WORDS_PREFIX = "words/";

/** A text under its name in the archive. */
export interface ArchivedText {
  name: string;
  text: string;
}

interface Words {
  payload: string | null;
  comments: AcceptedDecision["comment"][];
  cancel_reason: string | null;
  unknown_detail: Report["detail"];
  outcome_detail: Report["detail"];
  /** Of questions and answers, in their order; left out where nobody asked. */
  /** What was proposed; left out where nothing was. */
  proposal?: string | null;
  said?: { question: KeptQuestion["words"]; answer: KeptQuestion["words"] }[];
}

export const keptName = (requestId: string): string => `requests/${requestId}`;
export const wordsName = (requestId: string, endedAt: string): string => `${WORDS_PREFIX}${endedAt.slice(0, 10)}/${requestId}`;

/** The day of words by their name, as `2026-11-29`. */
export const dayOfWords = (name: string): string => name.slice(WORDS_PREFIX.length, WORDS_PREFIX.length + 10);

/**
 * Three lines: type, code and canonical JSON. The code is of the server's secret over name, type and JSON: whoever may write to the
 * archive and no more makes nothing that is taken for archived.
 */
function sealedText(secret: Bytes, name: string, type: string, content: object): string {
  const json = canonicalize(content as Hashable);
  return `${type}\n${b64u(codeOf(secret, name, type, json))}\n${json}\n`;
}

const codeOf = (secret: Bytes, name: string, type: string, json: string): Bytes =>
  keyedHash(secret, "countersign/archive/v1", utf8(`${name}\n${type}\n${json}`));

function openSealed(secret: Bytes, { name, text }: ArchivedText, type: string): unknown {
  const [first = "", code = "", json = "", ...rest] = text.split("\n");
  const isWhole = first === type && rest.length === 1 && rest[0] === "";
  if (!isWhole || !equal(utf8(code), utf8(b64u(codeOf(secret, name, type, json))))) throw new Error(`${name} is not as it was archived`);
  return JSON.parse(json);
}

/** Both texts of a request whose end is in the log. The same request gives the same bytes. */
export function archivedTexts(approval: ApprovalState, secret: Bytes): { kept: ArchivedText; words: ArchivedText } {
  // What lists know is not of the request, and the hash follows from it.
  const { listed: _, listedTo: _to, requestHash: _hash, payload, ...state } = approval;
  const { ending, unknown, outcome, decisions, questions, proposal, call } = state;
  if (ending === null) throw new Error(`${state.request.id} has not ended`);
  const bare = {
    ...state,
    decisions: decisions.map((decision) => ({ ...decision, comment: null })),
    ending: { ...ending, cancelReason: null },
    unknown: unknown && { ...unknown, detail: null },
    outcome: outcome && { ...outcome, detail: null },
    ...(questions !== undefined && { questions: questions.map((one) => withSaidWords(one, null, null)) }),
    ...(proposal !== undefined && { proposal: { ...proposal, payload: null } }),
    // The definition is what people were shown. What only sending needs goes: nothing is sent any more.
    ...(call !== undefined && { call: { ...call, meta: {}, session: null, trace: null } }),
  };
  const words: Words = {
    payload,
    comments: decisions.map(({ comment }) => comment),
    cancel_reason: ending.cancelReason,
    unknown_detail: unknown?.detail ?? null,
    outcome_detail: outcome?.detail ?? null,
    ...(proposal !== undefined && { proposal: proposal.payload }),
    ...(questions !== undefined && { said: questions.map(({ words: question, answer }) => ({ question, answer: answer?.words ?? null })) }),
  };
  const name = keptName(state.request.id);
  const namedWords = wordsName(state.request.id, ending.sealed.record.at);
  return {
    kept: { name, text: sealedText(secret, name, KEPT, bare) },
    words: { name: namedWords, text: sealedText(secret, namedWords, WORDS, words) },
  };
}

/** The request without its words, as `archivedTexts` wrote it. Throws if anything else did. */
export function readKept(kept: ArchivedText, secret: Bytes): ApprovalState {
  return { ...(openSealed(secret, kept, KEPT) as Omit<ApprovalState, "payload">), payload: null };
}

/** The request with its words. Throws if they are not those that `archivedTexts` wrote. */
export function withWords(approval: ApprovalState, text: ArchivedText, secret: Bytes): ApprovalState {
  const words = openSealed(secret, text, WORDS) as Words;
  const { ending, unknown, outcome, decisions, questions, proposal } = approval;
  const said = (one: KeptQuestion, i: number) => withSaidWords(one, words.said?.[i]?.question ?? null, words.said?.[i]?.answer ?? null);
  return {
    ...approval,
    payload: words.payload,
    decisions: decisions.map((decision, i) => ({ ...decision, comment: words.comments[i] ?? null })),
    ending: ending && { ...ending, cancelReason: words.cancel_reason },
    unknown: unknown && { ...unknown, detail: words.unknown_detail },
    outcome: outcome && { ...outcome, detail: words.outcome_detail },
    ...(questions !== undefined && { questions: questions.map(said) }),
    ...(proposal !== undefined && { proposal: { ...proposal, payload: words.proposal ?? null } }),
  };
}

const withSaidWords = (one: KeptQuestion, words: KeptQuestion["words"], answered: KeptQuestion["words"]): KeptQuestion => ({
  ...one,
  words,
  answer: one.answer && { ...one.answer, words: answered },
});
