/** The ports of policies, made of this Worker's bindings. */
import { timestamp, TOOL_NAME } from "#countersign/documents/words.ts";
import type { KnownTool } from "#countersign/policy/checking/check-arguments.ts";
import type { KnownNames } from "#countersign/policy/checking/check-meaning.ts";
import type { Bindings } from "#config/bindings.ts";
import type { Config } from "#config/config.ts";
import type { Ports } from "#http/ports.ts";
import { approvalIndex } from "#storage/approvals.ts";
import { serversNow } from "#storage/servers/in-force.ts";
import { allPeople } from "#storage/people.ts";
import { keepWithDraft } from "#storage/policies/drafts.ts";
import { channelNames } from "#storage/channels/routing-facts.ts";
import { listPolicies, policyOfVersion } from "#storage/policies/published.ts";
import { endedRequests, endOfRequest } from "#storage/policies/ended-requests.ts";
import { factsOfAgents, newestAsks } from "#storage/policies/recorded-asks.ts";
import type { PolicyDocument } from "#countersign/policy/document/policy-document.ts";
import type { RecordedAsk } from "#gate/policies/replay-asks.ts";
import { hintsOf } from "#countersign/policy/judging/tool-hints.ts";
import type { ServerInForce } from "#rules/calls/server-settings.ts";
import { requestObject } from "#config/object-places.ts";
import { sleep } from "./approval-ports.ts";
import { grantStanding } from "#storage/grants/grants.ts";
import { logOf } from "./log-ports.ts";
import { peoplePorts } from "./people-ports.ts";

/** Without prompts and instructions, which no rule looks into. */
const toolsOf = ({ settings, accepted }: ServerInForce): KnownTool[] =>
  accepted
    .filter(({ name }) => TOOL_NAME.test(name))
    .map(({ name, definition }) => ({
      server: settings.name,
      tool: name,
      inputSchema: definition["inputSchema"] ?? null,
      hints: hintsOf(definition),
    }));

/** A policy names people there are, groups that somebody is in, and members of tools; who may approve says whether they are enough. */
async function knownNames(d1: D1Database): Promise<KnownNames> {
  const [everybody, { people }, channels, { servers }] = await Promise.all([
    allPeople(d1),
    approvalIndex(d1).approvers([]),
    channelNames(d1),
    serversNow(d1),
  ]);
  const groups = [...new Set(everybody.flatMap((person) => person.groups))].toSorted();
  return { groups, users: everybody.map(({ username }) => username), people, channels, tools: servers.flatMap(toolsOf) };
}

async function documentOf(d1: D1Database, version: number): Promise<PolicyDocument | null> {
  const stored = await policyOfVersion(d1, version);
  return stored === null ? null : (JSON.parse(stored.document) as PolicyDocument);
}

/** As the object has it. Nobody's page was opened: it gives no nonce. */
async function recordedAsk(env: Bindings, requestId: string): Promise<RecordedAsk | null> {
  const view = await requestObject(env, requestId).page(null);
  if (view === null) return null;
  const { snapshot, payload, call } = view;
  const judged = snapshot.narrowing == null ? null : { narrowing: snapshot.narrowing };
  return { request: snapshot.request, payload, judged, definition: call?.definition ?? null };
}

/** What revoking what approvers let pass needs. */
export async function grantPorts(env: Bindings, config: Config): ReturnType<Ports["grants"]> {
  const { log, origin } = await logOf(env, config);
  return {
    log,
    logOrigin: origin,
    grantStanding: (grantId) => grantStanding(env.DB, grantId),
    now: Date.now,
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
  };
}

export async function policyPorts(env: Bindings, config: Config): ReturnType<Ports["policies"]> {
  const { DB } = env;
  return {
    ...(await peoplePorts(env, config)),
    knownNames: () => knownNames(DB),
    newestPolicy: async () => (await listPolicies(DB, 1))[0] ?? null,
    newestAsks: (most, from) => newestAsks(DB, most, from),
    recordedAsk: (requestId) => recordedAsk(env, requestId),
    factsOfAgents: () => factsOfAgents(DB),
    approvers: async () => (await approvalIndex(DB).approvers([])).people,
    endedRequests: (since, most) => endedRequests(DB, since, most),
    endOfRequest: (requestId) => endOfRequest(DB, requestId),
    documentOf: (version) => documentOf(DB, version),
    pause: () => sleep(0),
    keepWithDraft: (kept, spends, draft) => keepWithDraft(DB, kept, spends, draft, timestamp(Date.now())),
  };
}
