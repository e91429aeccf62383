/** Whether an agent's key opens anything. It is sent to the service alone, and never printed. */
import { isApiKey } from "../../documents/api-key.ts";
import { lookAt } from "./look-at.ts";
import { type Check, unseen, well, wrong } from "./check.ts";

/** With a key, by listing what is below its agent, which changes nothing. */
export async function checkAgentKey(origin: string, key: string | undefined): Promise<Check> {
  if (key === undefined || key === "") {
    return unseen("agent", "No agent's key was given.", "Set COUNTERSIGN_API_KEY to see whether yours is let in.");
  }
  if (!isApiKey(key)) return wrong("agent", "COUNTERSIGN_API_KEY is no agent's key.", "It begins with csk_, as it was shown once.");
  const answer = await lookAt(`${origin}/api/v1/agents/self/delegations`, { headers: { "x-api-key": key } });
  if (!answer.ok) return unseen("agent", `Whether the agent's key is let in is not known (${answer.refusal}).`, "Try again.");
  const { status, document } = answer.value;
  if (status === 200) return well("agent", "The agent's key is let in.");
  const detail = typeof document?.["detail"] === "string" ? ` ${document["detail"]}` : "";
  if (status === 401 || status === 403) {
    return wrong(
      "agent",
      `The agent's key is not let in.${detail}`,
      `Look at the agent's page below ${origin}/admin/agents: was it revoked, replaced or stopped?`,
    );
  }
  return unseen("agent", `Whether the agent's key is let in is not known (status ${status}).${detail}`, "Try again.");
}
