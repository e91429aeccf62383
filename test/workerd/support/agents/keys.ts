/** Replacing agents' keys, as the page does it. */
import type { AdminStatement } from "#countersign/documents/ceremony.ts";
import { given } from "../invited.ts";
import { authorise, call, type Call, type Someone } from "../people.ts";
import { draftChange } from "../stops.ts";

type Settings = Call["settings"];

interface Keyed {
  id: string;
  name: string;
  key: string;
}

/** What an admin gets to sign, to have the key replaced that the agent has. */
export async function draftKeyRotation(
  admin: Someone,
  agentId: string,
  hours: number,
): Promise<{ number: number; statement: AdminStatement }> {
  const statement = await draftChange(admin, { operation: "agent.key_rotated", agent: agentId, overlap_hours: hours });
  return { number: Number(statement.parameters["number"]), statement };
}

/** An admin's signature for it, as it is sent. */
export async function signRotation(admin: Someone, agentId: string, hours: number): Promise<object> {
  const { number, statement } = await draftKeyRotation(admin, agentId, hours);
  return { number, overlap_hours: hours, authorisation: await authorise(admin.passkey, statement) };
}

export const sendRotation = ({ cookie }: Someone, agentId: string, body: object, settings?: Settings): Promise<Response> =>
  call("POST", `/api/v1/agents/${agentId}/keys`, { cookie, body, ...(settings === undefined ? {} : { settings }) });

/** The same agent with its new key. */
export async function rotated<Agent extends Keyed>(admin: Someone, agent: Agent, hours: number): Promise<Agent> {
  const answer = await sendRotation(admin, agent.id, await signRotation(admin, agent.id, hours));
  const { key } = await given<{ key: string }>(answer, 201);
  return { ...agent, key };
}

export const endKey = ({ cookie }: Someone, agentId: string, key: string | number): Promise<Response> =>
  call("DELETE", `/api/v1/agents/${agentId}/keys/${key}`, { cookie });
