/** What agents are told of refusals around agents below them. */
import type { MakingRefusal } from "#gate/agents/below/make-below.ts";
import { MOST_BELOW } from "#rules/agents/below.ts";
import { AGENT_STOPPED, fieldFailure, publicAnswers } from "#rules/failure.ts";

export const belowFailure = publicAnswers<MakingRefusal | { reason: "unknown-agent" }>({
  "chain-too-deep": ({ most }) => ({
    code: "delegation_too_deep",
    message:
      most === 1
        ? "Agents make no keys for others here."
        : `A chain has at most ${most} agents, and this one is its last: it makes no keys for others.`,
  }),
  "wider-than-above": ({ until }) => ({
    code: "delegation_too_wide",
    message: `A key below has no more than this agent's own: its servers and tools${until === null ? "" : `, and no longer than ${until}`}.`,
  }),
  "too-many-below": {
    code: "too_many_agents",
    message: `At most ${MOST_BELOW} agents stand below one: end those that are done, or wait until their time is over.`,
  },
  "name-of-another-agent": fieldFailure("name", "an agent that is not revoked has a name that looks like this"),
  "parent-halted": AGENT_STOPPED,
  "parent-renamed": {
    code: "agent_renamed",
    message: "This agent was renamed while the key was made, and no key was made. Call again.",
  },
  "unknown-agent": { code: "not_found", message: "There is no such agent below this one." },
});
