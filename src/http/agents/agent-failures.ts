/** What admins are told of refusals around agents. */
import type { CreationRefusal } from "#gate/agents/create-agent.ts";
import { SIGNATURE_ANSWERS } from "#http/signatures/signature-failures.ts";
import { fieldFailure, publicAnswers } from "#rules/failure.ts";

/** `not-proposed`: nobody has signed for an agent of this id and name that lacks a signature. */
type AgentRoutesRefusal = CreationRefusal | { reason: "unknown-agent" | "not-proposed" };

export const agentRoutesFailure = publicAnswers<AgentRoutesRefusal>({
  ...SIGNATURE_ANSWERS,
  "name-of-another-agent": fieldFailure("name", "an agent that is not revoked has a name that looks like this"),
  "unknown-agent": { code: "not_found", message: "There is no such agent." },
  "not-proposed": { code: "not_found", message: "No such agent is waiting for another signature." },
});
