/** How messages of a server are masked before anybody hears them. Types only. */
import type { Result } from "#countersign/result.ts";
import type { SettledCall } from "#rules/calls/admission.ts";

/** A message of a server without what must not leave, and what was taken out of it. */
interface MaskedMessage {
  text: string;
  masked: SettledCall["masked"];
}

/** Masks one whole JSON-RPC message; `secrets` are the texts of the server's own credential, masked whatever the rules say. */
export type MaskMessage = (text: string, secrets: readonly string[]) => Result<MaskedMessage, unknown>;
