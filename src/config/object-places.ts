/**
 * The objects, by name and where they are. Whoever wants one comes by here: in a jurisdiction a name is that of another object than
 * outside, so that all callers have to mean the same. A location only counts for an object that nobody has asked for yet.
 */
import type { Bindings, ObjectsByName } from "./bindings.ts";
import { type Location, readConfig } from "./config.ts";
import { ConfigurationError } from "./configuration-error.ts";
import { errorText, logLine } from "./log-line.ts";
import type { RemotePast } from "#rules/calls/past/agent-past.ts";

/** The object of that name among `objects`, near `location` if it is new; null for near whoever asks first. */
export function objectNamed<Calls>(env: Bindings, objects: ObjectsByName<Calls>, name: string, location: Location | null): Calls {
  const { jurisdiction } = readConfig(env).places;
  const there = jurisdiction === null ? objects : objects.jurisdiction?.(jurisdiction);
  if (there === undefined) throw new ConfigurationError(`there is no jurisdiction ${jurisdiction} here; leave JURISDICTION out`);
  return location === null ? there.getByName(name) : there.getByName(name, { locationHint: location });
}

/** The object of a request. Its id must have been checked first: any name would make an object. */
export const requestObject = (env: Bindings, requestId: string): ReturnType<Bindings["APPROVAL_REQUEST"]["getByName"]> =>
  objectNamed(env, env.APPROVAL_REQUEST, requestId, readConfig(env).places.objects);

/** What an agent does, near that agent. */
export const activityOf = (env: Bindings, agentId: string): ReturnType<Bindings["AGENT_ACTIVITY"]["getByName"]> =>
  objectNamed(env, env.AGENT_ACTIVITY, agentId, readConfig(env).places.objects);

/** The same, asked for only once something is asked of it: most policies ask nothing of the past. */
export const pastOf = (env: Bindings, agentId: string): RemotePast => ({
  past: (ask) => activityOf(env, agentId).past(ask),
  leaveOut: async (key) => activityOf(env, agentId).leaveOut(key),
  learn: async (key) => activityOf(env, agentId).learn(key),
});

/** An MCP server behind the gate, near whoever calls it first. Of a server that was signed for: any name would make an object. */
export const upstreamServerOf = (env: Bindings, serverId: string): ReturnType<Bindings["UPSTREAM_SERVER"]["getByName"]> =>
  objectNamed(env, env.UPSTREAM_SERVER, serverId, readConfig(env).places.objects);

/** A connector, near whoever connects first; null in a deployment that has none. Of one that was signed for: any name would make an object. */
export const connectorObjectOf = (env: Bindings, connectorId: string): ReturnType<NonNullable<Bindings["CONNECTOR"]>["getByName"]> | null =>
  env.CONNECTOR === undefined ? null : objectNamed(env, env.CONNECTOR, connectorId, readConfig(env).places.objects);

/** Who has a page of their inbox open, near whoever opens the first; null in a deployment that has none. Of a person who is signed in: any name would make an object. */
export const personInboxOf = (env: Bindings, personId: string): ReturnType<NonNullable<Bindings["PERSON_INBOX"]>["getByName"]> | null =>
  env.PERSON_INBOX === undefined ? null : objectNamed(env, env.PERSON_INBOX, personId, readConfig(env).places.objects);

/** Tells the open pages of these people that something on their lists has changed. Never throws: pages that are not told ask after a while. */
export async function tellInboxes(env: Bindings, people: readonly string[]): Promise<void> {
  await Promise.all(
    people.map(async (personId) => {
      try {
        await personInboxOf(env, personId)?.changed(personId);
      } catch (error) {
        logLine("unwell", { part: "inbox", error: errorText(error) });
      }
    }),
  );
}

/** The writer of the log of that origin line, beside the database, which it writes to. */
export const logWriter = (env: Bindings, origin: string): ReturnType<Bindings["LOG_SEQUENCER"]["getByName"]> =>
  objectNamed(env, env.LOG_SEQUENCER, origin, readConfig(env).places.database);
