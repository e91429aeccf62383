/** What admins are told of refusals around agents. */
import type { ChangeRefusal } from "#gate/agents/change-agent.ts";
import type { CreationRefusal } from "#gate/agents/create-agent.ts";
import type { StopRefusal } from "#gate/agents/order-stop.ts";
import type { ReleaseRefusal } from "#gate/agents/release-stop.ts";
import type { EndKeyRefusal } from "#gate/agents/keys/end-key.ts";
import type { RotationRefusal } from "#gate/agents/keys/rotate-key.ts";
import { SIGNATURE_ANSWERS } from "#http/signatures/signature-failures.ts";
import { fieldFailure, publicAnswers } from "#rules/failure.ts";

/** `not-proposed`: nobody has signed for an agent of this id and name that lacks a signature. */
type AgentRoutesRefusal =
  | CreationRefusal
  | ChangeRefusal
  | StopRefusal
  | ReleaseRefusal
  | RotationRefusal
  | EndKeyRefusal
  | { reason: "not-proposed" | "unknown-stop-token" | "no-such-place" };

export const agentRoutesFailure = publicAnswers<AgentRoutesRefusal>({
  ...SIGNATURE_ANSWERS,
  "name-of-another-agent": fieldFailure("name", "an agent that is not revoked has a name that looks like this"),
  "named-by-others": {
    code: "agents_below",
    message: "Agents below this one stand, and are judged by its name: end them, or wait until their time is over, and rename it then.",
  },
  "unknown-agent": { code: "not_found", message: "There is no such agent." },
  "may-not-stop": { code: "forbidden", message: "You may not stop this any more; nothing was stopped. Ask an admin." },
  "unknown-stop-token": {
    code: "unauthorized",
    message: "This needs a stop token that is valid: whoever made it sees at /account whether it still is.",
  },
  "not-stopped": { code: "not_stopped", message: "This stop is not in force: it was released, or never ordered." },
  "rotated-meanwhile": {
    code: "key_changed",
    message: "The agent has another key by now than the one that this would replace. Reload, and look whether that is enough.",
  },
  "unknown-old-key": {
    code: "not_found",
    message: "The agent has had no such key that was replaced. The one that it has now ends when another one takes its place.",
  },
  "no-such-place": fieldFailure("cursor", "no place in this list"),
  "not-proposed": { code: "not_found", message: "No such agent is waiting for another signature." },
});
