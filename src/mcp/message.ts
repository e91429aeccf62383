/** A message as it is read: strictly, and then as it was meant. */
import * as z from "zod/mini";
import { jsonFailure } from "#api/check-input.ts";
import { type JsonValue, parseJson } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";
import type { Failure } from "#rules/failure.ts";
import type { AcceptedForms } from "./accepted-forms.ts";

/** Where a tool's arguments are in the body; what is refused there is the tool's refusal, elsewhere it is the protocol's. */
const ARGUMENTS = "$.params.arguments";
const IN_ARGUMENTS = /^\$\.params\.arguments(?![A-Za-z0-9_])/;

/** What a body is to be answered as. */
export type ReadMessage = { toServe: unknown; badArguments: Failure | null } | { refused: Failure };

/** JSON is checked in the raw text before any parser that forgives sees it, since what a person signs must be what the agent wrote. */
export function readMessage(text: string): ReadMessage {
  const strict = parseJson(text);
  if (strict.ok) return { toServe: envelopeAsMeant(strict.value), badArguments: null };
  const failure = jsonFailure(strict.refusal, ARGUMENTS);
  if (strict.refusal.reason === "malformed" || !IN_ARGUMENTS.test(strict.refusal.place)) return { refused: failure };
  try {
    // The forgiving parser gives the envelope only; the arguments are refused whatever it made of them.
    return { toServe: JSON.parse(text), badArguments: failure };
  } catch {
    return { refused: failure };
  }
}

/** Null where the protocol has an optional member stands for none, as clients of languages without "undefined" send it. */
function envelopeAsMeant(message: JsonValue): JsonValue {
  if (Array.isArray(message)) return message.map(envelopeAsMeant);
  if (!isObject(message)) return message;
  const { params, ...rest } = message;
  if (params === undefined || params === null) return rest;
  if (!isObject(params)) return message;
  const given = Object.entries(params).filter(([name, value]) => value !== null || !OPTIONAL_PARAMS.has(name));
  return { ...rest, params: Object.fromEntries(given) };
}
const OPTIONAL_PARAMS = new Set(["arguments", "_meta", "cursor"]);

const withId = z.looseObject({ id: z.union([z.string(), z.number()]) });
/** What the answer to a message is sent back under; null where that cannot be known. */
export const idOf = (message: unknown): string | number | null => withId.safeParse(message).data?.id ?? null;

/** Messages that came with the first one: the versions until 2025-03-26 send lists of them. */
export const furtherMessages = (message: unknown): number => (Array.isArray(message) ? Math.max(0, message.length - 1) : 0);

const toolCall = z.looseObject({
  method: z.literal("tools/call"),
  params: z.looseObject({ name: z.string(), arguments: z.optional(z.looseObject({})) }),
});
/** Whether a message is a call that reaches its tool; what the protocol itself refuses does not. */
export const reachesTool = (message: unknown): boolean => toolCall.safeParse(message).success;

const asksForProgress = z.looseObject({
  params: z.looseObject({ _meta: z.looseObject({ progressToken: z.union([z.string(), z.number()]) }) }),
});

/** Whether the answer is best one JSON document: the only form that is taken, or the better one while there is nothing to tell before. */
export const suitsJson = ({ json, stream, prefersStream }: AcceptedForms, message: unknown): boolean =>
  json && !(stream && (prefersStream || [message].flat().some((one) => asksForProgress.safeParse(one).success)));
