/**
 * Masks what comes from a server before anybody sees it, and what is kept of a call. Takes one whole JSON-RPC message as text, or one
 * document. How large it may be is the caller's to say, and to which call it belongs.
 */
import { canonicalize, type JsonValue } from "#countersign/json/canonical-json.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { type Credentials, holdsCredential } from "./credentials.ts";
import type { Work } from "./json-text.ts";
import { locatedAt, locatedBelow } from "./located.ts";
import type { Masks } from "./masks.ts";
import { type MaskedPlace, MaskedPlaces, maskPlaceAt } from "./places.ts";
import { type ValueAround, Walk } from "./walk.ts";

export interface MaskedText {
  text: string;
  masked: MaskedPlace[];
}

/** Nothing of such a text may be passed on. In its frame are `id` and `method`, which cannot be masked. */
export type MaskingRefusal = "not-json" | "not-a-message" | "credential-in-frame";

/** What `$` is, in each kind of message: the result, the error, the params of a notification and of what the server asks. */
const ROOTS: ReadonlySet<string> = new Set(["result", "error", "params"]);
/** What makes it a message, and answers another. */
const FRAME: ReadonlySet<string> = new Set(["jsonrpc", "id", "method"]);

const inDocument = (masks: Masks, place: string, isRoot: boolean, carried: ValueAround["carried"]): ValueAround => ({
  place: maskPlaceAt(place),
  at: locatedAt(masks, isRoot),
  carried,
  maskedNames: null,
  members: null,
});

function inMessage(masks: Masks): ValueAround {
  const outside = inDocument(masks, "message", false, "nothing");
  const member = (name: string): ValueAround | null => {
    if (FRAME.has(name)) return null;
    if (ROOTS.has(name)) return inDocument(masks, "$", true, "names");
    return { ...outside, place: maskPlaceAt("message.*"), at: locatedBelow(masks, outside.at, name) };
  };
  return { ...outside, at: [], members: member };
}

const hasNothingToMask = (text: string, masks: Masks, credentials: Credentials): boolean =>
  masks.rules.length === 0 && !holdsCredential(text, credentials);

function walk(
  text: string,
  masks: Masks,
  credentials: Credentials,
  outermost: ValueAround,
  work: Work,
): Result<MaskedText, MaskingRefusal> {
  const places = new MaskedPlaces();
  const masked = new Walk(text, { masks, credentials, work }, places).masked(outermost);
  return masked.ok ? accept({ text: masked.value, masked: places.list() }) : masked;
}

/**
 * One message of a server, masked. Refuses what is no JSON object: then nothing of it may be passed on. A text that no rule is for and
 * that holds no credential is given back unread.
 */
export function maskAnswer(
  text: string,
  masks: Masks,
  credentials: Credentials,
  work: Work = { steps: 0 },
): Result<MaskedText, MaskingRefusal> {
  if (hasNothingToMask(text, masks, credentials)) return accept({ text, masked: [] });
  if (!/^[ \t\n\r]*\{/.test(text)) return refuse("not-a-message");
  return walk(text, masks, credentials, inMessage(masks), work);
}

/** One document, such as the `result` of an answer or the arguments of a call, masked as it is kept: `$` is all of it. */
export function maskDocument(
  text: string,
  masks: Masks,
  credentials: Credentials,
  work: Work = { steps: 0 },
): Result<MaskedText, MaskingRefusal> {
  if (hasNothingToMask(text, masks, credentials)) return accept({ text, masked: [] });
  return walk(text, masks, credentials, inDocument(masks, "$", true, "nothing"), work);
}

/** A value that was read before, masked in the same way. */
export function maskValue(value: JsonValue, masks: Masks, credentials: Credentials): { value: JsonValue; masked: MaskedPlace[] } {
  const masked = maskDocument(canonicalize(value), masks, credentials);
  if (!masked.ok) throw new Error("canonical JSON is JSON");
  return { value: JSON.parse(masked.value.text) as JsonValue, masked: masked.value.masked };
}
