/** Stopping, releasing and changing agents, as the pages do it. */
import type { AdminStatement } from "#countersign/documents/ceremony.ts";
import type { Authorisation } from "#countersign/documents/record.ts";
import type { StopsNow } from "#api/people-data.ts";
import { given } from "./invited.ts";
import { authorise, call, type Call, type Someone } from "./people.ts";

type Settings = Call["settings"];
const withSettings = (settings: Settings) => (settings === undefined ? {} : { settings });

/** Of an agent, or of everything (null). */
const at = (agentId: string | null, what: "stop" | "release"): string =>
  agentId === null ? `/api/v1/${what}` : `/api/v1/agents/${agentId}/${what}`;

/** Orders a stop. */
export const stop = ({ cookie }: Someone, agentId: string | null): Promise<Response> => call("POST", at(agentId, "stop"), { cookie });

/** What an admin gets to sign, to change an agent or to release a stop. */
export async function draftChange({ cookie }: Someone, operation: object): Promise<AdminStatement> {
  const answer = await call("POST", "/admin/agents/changes/statement", { cookie, body: operation });
  return (await given<{ statement: AdminStatement }>(answer)).statement;
}

/** What an admin gets to sign, to release the stop in force. */
export async function draftRelease(admin: Someone, agentId: string | null): Promise<{ number: number; statement: AdminStatement }> {
  const statement = await draftChange(admin, { operation: "stop.released", agent: agentId });
  return { number: Number(statement.parameters["number"]), statement };
}

/** An admin's signature for the release of the stop in force. */
export async function signRelease(admin: Someone, agentId: string | null): Promise<{ number: number; authorisation: Authorisation[] }> {
  const { number, statement } = await draftRelease(admin, agentId);
  return { number, authorisation: await authorise(admin.passkey, statement) };
}

/** Sends signatures for a release. */
export const sendRelease = ({ cookie }: Someone, agentId: string | null, body: object, settings?: Settings): Promise<Response> =>
  call("POST", at(agentId, "release"), { cookie, body, ...withSettings(settings) });

/** Releases the stop in force. */
export const release = async (admin: Someone, agentId: string | null, settings?: Settings): Promise<Response> =>
  sendRelease(admin, agentId, await signRelease(admin, agentId), settings);

/** An admin's signature for an agent's groups. */
export const signGroups = async (admin: Someone, agentId: string, groups: string[]): Promise<Authorisation[]> =>
  authorise(admin.passkey, await draftChange(admin, { operation: "agent.changed", agent: agentId, groups }));

/** Sends signatures for an agent's groups. */
export const sendGroups = (
  { cookie }: Someone,
  agentId: string,
  groups: string[],
  authorisation: unknown,
  settings?: Settings,
): Promise<Response> => call("PUT", `/api/v1/agents/${agentId}`, { cookie, body: { groups, authorisation }, ...withSettings(settings) });

/** Changes an agent's groups. */
export const changeGroups = async (admin: Someone, agentId: string, groups: string[], settings?: Settings): Promise<Response> =>
  sendGroups(admin, agentId, groups, await signGroups(admin, agentId, groups), settings);

/** `GET /api/v1/stop`. */
export const stops = async ({ cookie }: Someone): Promise<StopsNow> => given(await call("GET", "/api/v1/stop", { cookie }));
