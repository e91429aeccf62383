/** Rules of `mask` for tests, and an answer masked by them. */
import type { MaskRule } from "#rules/calls/handling.ts";
import { credentialsOf } from "#rules/calls/masking/credentials.ts";
import { maskAnswer, type MaskedText } from "#rules/calls/masking/mask-answer.ts";
import { compileMasks, type Masks } from "#rules/calls/masking/masks.ts";

export const maskRule = (rule: Partial<MaskRule>): MaskRule => ({ path: null, key: null, pattern: null, detector: null, ...rule });

export async function masksOf(...rules: Partial<MaskRule>[]): Promise<Masks> {
  const masks = await compileMasks(rules.map(maskRule));
  if (!masks.ok) throw new Error(masks.refusal.message);
  return masks.value;
}

/** A whole message, masked; throws if it is refused. */
export function maskedMessage(text: string, masks: Masks, secrets: readonly string[] = []): MaskedText {
  const masked = maskAnswer(text, masks, credentialsOf(secrets));
  if (!masked.ok) throw new Error(masked.refusal);
  return masked.value;
}
