/** What calls of servers behind the gate are judged and sent with, made of this Worker's bindings. */
import { auditOf } from "#config/audit.ts";
import type { Bindings } from "#config/bindings.ts";
import type { Config } from "#config/config.ts";
import { errorText, logLine } from "#config/log-line.ts";
import { activityOf, requestObject } from "#config/object-places.ts";
import type { CallingPorts, FactsMemory } from "#gate/calls/calling.ts";
import { UntoldEnds } from "#gate/calls/untold-ends.ts";
import { noteTools } from "#gate/servers/note-listing.ts";
import { maskBy } from "#rules/calls/masking/mask-by.ts";
import { scanArguments } from "#rules/calls/secrets/scan-arguments.ts";
import type { AgentFacts } from "#rules/policies/judged.ts";
import { serversOf } from "#storage/servers/in-force.ts";
import { upstreamFor } from "#upstreams/upstream.ts";
import { vaultOf } from "#vault/vault.ts";
import { agentApprovalPorts, sleep } from "./approval-ports.ts";
import { listingPorts } from "./server-ports.ts";
import { verifiedPorts } from "./verified/verified-ports.ts";

/** Agents whose facts an isolate remembers; those that called the longest ago go first. */
const MOST_REMEMBERED = 1_000;

class RememberedFacts implements FactsMemory {
  readonly #facts = new Map<string, AgentFacts>();

  of(keyHash: string): AgentFacts | null {
    return this.#facts.get(keyHash) ?? null;
  }

  note(keyHash: string, facts: AgentFacts): void {
    this.#facts.delete(keyHash);
    this.#facts.set(keyHash, facts);
    const [oldest] = this.#facts.keys();
    if (this.#facts.size > MOST_REMEMBERED && oldest !== undefined) this.#facts.delete(oldest);
  }
}

const memory = new RememberedFacts();
const untold = new UntoldEnds();

/** Null in a deployment without a record of calls: then no server is behind the gate. */
export function callingPorts(
  env: Bindings,
  config: Config,
  { id: agentId, owner }: { id: string; owner: string },
  waitUntil: (work: Promise<unknown>) => void,
): CallingPorts | null {
  if (auditOf(env) === null) return null;
  const activity = activityOf(env, agentId);
  const upstream = upstreamFor(env, config, vaultOf(config), () => owner);
  const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes));
  const ends = { activity, sleep, now: Date.now, waitUntil };
  return {
    approvals: agentApprovalPorts(env, config),
    serversOf: (epoch) => serversOf(env.DB, epoch),
    activity,
    admit: (keyHash, call) => untold.admit(agentId, keyHash, call, ends),
    tellEnd: (end) => untold.tell(agentId, end, ends),
    upstream,
    previews: {
      upstream,
      maskBy,
      past: activity,
      admit: (call) => activity.admitPreview(call),
      settle: (call) => activity.settle(call),
      random,
      now: Date.now,
    },
    memory,
    maskOf: maskBy,
    scanArguments,
    runCall: (requestId, agent, progress) => requestObject(env, requestId).runCall(agent, progress),
    callState: (requestId, agent) => requestObject(env, requestId).callState(agent),
    collected: (requestId, agent) => requestObject(env, requestId).collected(agent),
    async noteTools(server, seen) {
      try {
        await noteTools(server, seen, listingPorts(env));
      } catch (error) {
        logLine("unwell", { part: "server-listing", error: errorText(error) });
      }
    },
    verified: () => verifiedPorts(env, config),
    serverSecret: config.serverSecret,
    random,
    now: Date.now,
    waitUntil,
  };
}
