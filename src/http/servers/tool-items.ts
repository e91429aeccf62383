/** Tools of one server as `/api/v1` answers and the page shows them: what was accepted, what is listed, and what decides their calls. */
import type { ToolItem } from "#api/servers/server-data.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { type CompiledPolicy, VERSION_ZERO } from "#countersign/policy/judging/compiled.ts";
import { callable } from "#rules/calls/callable.ts";
import { gatingRules } from "#rules/calls/gating.ts";
import { type ProposedRule, proposedRules } from "#countersign/policy/proposing/tool-rules.ts";
import { SAFE_NAME_LENGTH } from "#rules/calls/server-listing.ts";
import { scanToolTexts } from "#rules/calls/tools/tool-texts.ts";
import { hintsOf } from "#countersign/policy/judging/tool-hints.ts";
import { type ToolStanding, toolStandings } from "#rules/calls/tools/tool-states.ts";
import { serversNow } from "#storage/servers/in-force.ts";
import { knownTools, type ListedServer, listServers } from "#storage/servers/servers.ts";
import { policyOf } from "#storage/policies/in-force.ts";

/** What a server's tools are shown with. */
export interface ShownTools {
  server: ListedServer;
  policy: number;
  items: ToolItem[];
  /** Rules for what is accepted or could be, and no rule of its own decides. */
  proposals: ProposedRule[];
}

const LONG_NAME = `Its name has more than ${SAFE_NAME_LENGTH} characters: Cursor and Claude put the server’s name before it, and cut or refuse it.`;

/** What a call is judged by, or would be if it were accepted as it is listed. */
const definitionOf = ({ accepted, listed }: ToolStanding): JsonObject | null => (accepted ?? listed)?.definition ?? null;

interface Around {
  server: string;
  policy: CompiledPolicy;
  isCallable: boolean;
  proposal: ProposedRule | null;
  /** Names of tools, of this server and of others. */
  names: readonly string[];
}

function itemOf(standing: ToolStanding, { server, policy, isCallable, proposal, names }: Around): ToolItem {
  const definition = definitionOf(standing);
  // What is about to be accepted is looked at, before what was.
  const shown = (standing.listed ?? standing.accepted)?.definition ?? null;
  const isTool = standing.kind === "tool" && definition !== null;
  const rules = isTool ? gatingRules(policy, server, standing.name, hintsOf(definition) ?? {}) : [];
  return {
    ...standing,
    callable: isCallable,
    findings: shown === null ? [] : scanToolTexts(shown, names),
    warning: isTool && standing.name.length > SAFE_NAME_LENGTH ? LONG_NAME : null,
    marked: isTool && (policy.observes || rules.some(({ asks }) => asks)),
    rules,
    proposal: proposal === null ? null : { class: proposal.class, rule: proposal.text },
  };
}

/** The tools of the server of that name, from the primary; null if there is none. */
export async function toolsAsTheyAre(d1: D1Database, name: string): Promise<ShownTools | null> {
  const server = (await listServers(d1)).find((one) => one.server.name === name);
  if (server === undefined) return null;
  const { id, drifted } = server.server;
  const [known, { epoch, servers }] = await Promise.all([knownTools(d1, id), serversNow(d1)]);
  const { compiled, version } = await policyOf(d1, epoch);
  const policy = compiled ?? VERSION_ZERO;
  const inForce = servers.find(({ settings }) => settings.id === id);
  const standings = toolStandings({ ...known, drifted });
  const proposed = proposedRules(
    name,
    standings.flatMap((standing) => (standing.kind === "tool" && standing.problem === null ? [definitionOf(standing) ?? {}] : [])),
  );
  const proposalOf = new Map(proposed.map((rule) => [rule.tool, rule]));
  const elsewhere = servers.flatMap(({ accepted }) => accepted);
  const names = [...standings, ...elsewhere].map((one) => one.name).filter((one) => !one.startsWith("("));
  const items = standings.map((standing) => {
    const isCallable = standing.kind === "tool" && inForce !== undefined && callable(inForce, standing.name).ok;
    return itemOf(standing, { server: name, policy, isCallable, proposal: proposalOf.get(standing.name) ?? null, names });
  });
  const isUngated = ({ name: tool }: ToolItem): boolean => items.find((item) => item.name === tool)?.rules.length === 1;
  return { server, policy: version, items, proposals: items.filter(isUngated).flatMap((item) => proposalOf.get(item.name) ?? []) };
}
