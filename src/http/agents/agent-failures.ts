/** What admins are told of refusals around agents. */
import type { AuthorisationRefusal } from "#gate/signatures/collect-signatures.ts";
import { SIGNATURE_ANSWERS } from "#http/signatures/signature-failures.ts";
import { publicAnswers } from "#rules/failure.ts";

/** `not-proposed`: nobody has signed for an agent of this id and name that lacks a signature. */
type AgentRoutesRefusal = AuthorisationRefusal | { reason: "unknown-agent" | "not-proposed" };

export const agentRoutesFailure = publicAnswers<AgentRoutesRefusal>({
  ...SIGNATURE_ANSWERS,
  "unknown-agent": { code: "not_found", message: "There is no such agent." },
  "not-proposed": { code: "not_found", message: "No such agent waits for another signature." },
});
