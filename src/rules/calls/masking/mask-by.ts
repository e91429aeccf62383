/** Masking made ready once for each set of rules that an isolate meets. */
import { canonicalize, type JsonObject } from "#countersign/json/canonical-json.ts";
import type { Result } from "#countersign/result.ts";
import type { CallHandling, MaskRule } from "../handling.ts";
import { credentialsOf } from "./credentials.ts";
import { type MaskedText, maskAnswer, maskDocument, type MaskingRefusal } from "./mask-answer.ts";
import { compileMasks, type Masks } from "./masks.ts";

/** By the rules themselves: those of a policy in force are the same object for each call. */
const ready = new WeakMap<readonly MaskRule[], Masks>();

/** Throws where a rule cannot be used, which no policy that was published has: then nothing is passed on. */
async function masksOf(rules: readonly MaskRule[]): Promise<Masks> {
  const known = ready.get(rules);
  if (known !== undefined) return known;
  const masks = await compileMasks(rules);
  if (!masks.ok) throw new Error(`what is to be masked cannot be masked: ${JSON.stringify(masks.refusal)}`);
  ready.set(rules, masks.value);
  return masks.value;
}

/** Masks one whole JSON-RPC message by these rules; `secrets` are the texts of its server's credential, masked in any case. */
export async function maskBy(
  rules: readonly MaskRule[],
): Promise<(text: string, secrets: readonly string[]) => Result<MaskedText, MaskingRefusal>> {
  const masks = await masksOf(rules);
  return (text, secrets) => maskAnswer(text, masks, credentialsOf(secrets));
}

/** The arguments of a call without what is to be masked, as canonical text. */
export async function maskedArguments(args: JsonObject, rules: readonly MaskRule[]): Promise<string> {
  const masked = maskDocument(canonicalize(args), await masksOf(rules), credentialsOf([]));
  if (!masked.ok) throw new Error("what is to be kept is no JSON");
  return masked.value.text;
}

/**
 * The same as a record of the call keeps them; null: their hash alone. Those of a call that another one holds (`isWithin`) lie deeper than
 * its rules say by paths that lead from the top: what these would miss is not kept.
 */
export async function keptArguments(
  args: JsonObject,
  { keep, mask }: Pick<CallHandling, "keep" | "mask">,
  isWithin: boolean,
): Promise<string | null> {
  if (keep.what === "full") return canonicalize(args);
  const isMissed = isWithin && mask.some(({ path }) => path !== null && !path.startsWith("$.."));
  return keep.what === "masked" && !isMissed ? maskedArguments(args, mask) : null;
}
