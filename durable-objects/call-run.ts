/** The part of a request's object that makes an approved call itself (src/gate/calls/object). An object of an ask never comes here. */
import type { Bindings } from "#config/bindings.ts";
import { errorText, logLine } from "#config/log-line.ts";
import type { CallState } from "#gate/approvals/remote-approval.ts";
import type { Snapshot } from "#gate/approvals/snapshot.ts";
import type { UsePorts } from "#gate/approvals/object/use-approval.ts";
import { callAlarm } from "#gate/calls/object/call-alarm.ts";
import { CallRunner } from "#gate/calls/object/run-call.ts";
import type { CallServers, HearProgress, RunPorts } from "#gate/calls/object/run-ports.ts";
import type { ApprovalState } from "#rules/approval.ts";
import type { CallRun } from "#rules/calls/gated-call.ts";
import { readConfig } from "#config/config.ts";
import { activityOf, pastOf } from "#config/object-places.ts";
import { requestKey } from "#countersign/documents/leaf-key.ts";
import { accept, refuse } from "#countersign/result.ts";
import type { UpstreamFailure } from "#gate/calls/upstream.ts";
import type { ListingFailure } from "#gate/servers/mcp-client.ts";
import { connectAddress, wantsGrant } from "#rules/calls/connections/server-grants.ts";
import { maskBy } from "#rules/calls/masking/mask-by.ts";
import { leafIndex } from "#storage/log/log-reader.ts";
import { serversOf } from "#storage/servers/in-force.ts";
import { mcpClient } from "#upstreams/mcp-client.ts";
import { upstreamFor } from "#upstreams/upstream.ts";
import { vaultOf } from "#vault/vault.ts";
import { KeptCallRun } from "./kept-run.ts";

/** What lies around the object: servers, and the record of the agent whose call it is. */
export type CallSurroundings = { servers: CallServers } & Pick<RunPorts, "settleCall" | "isReported" | "previewsOf">;

const NOTES = { "not-reported": "call-not-reported-yet", "not-settled": "call-not-settled-yet", "not-run": "call-not-run" } as const;

function everyMs(ms: number, run: () => void): () => void {
  const timer = setInterval(run, ms);
  return () => clearInterval(timer);
}

export class CallRuns {
  readonly #kept: KeptCallRun;
  readonly #runner: CallRunner;
  readonly #ports: UsePorts;

  /** `nextAlarm`: of the whole object. */
  constructor(storage: DurableObjectStorage, ports: UsePorts, around: CallSurroundings, nextAlarm: () => number | null) {
    this.#kept = new KeptCallRun(storage, nextAlarm);
    this.#ports = ports;
    this.#runner = new CallRunner({
      ...ports,
      ...around,
      runs: this.#kept,
      every: everyMs,
      note: (what, error) => logLine(NOTES[what], { request: ports.store.read()?.request.id, error: errorText(error) }),
    });
  }

  alarmFor(approval: ApprovalState): number | null {
    return approval.call === undefined ? null : callAlarm(approval, this.#kept.read(), this.#ports.now());
  }

  /** Whether something of it is still to be told: until then the object is not emptied. */
  isOpen(approval: ApprovalState): boolean {
    return approval.call !== undefined && !this.#kept.read().settled;
  }

  /** Goes on if whoever asked for it has gone: an object stays as long as something of its work is under way. */
  run(agentId: string, hear: HearProgress | null): Promise<CallRun> {
    return this.#runner.run(agentId, hear);
  }

  /** Sends what is sent on approval. Never throws: what cannot be done now the alarm does. */
  sendApproved(): Promise<void> {
    return this.#tried(() => this.#runner.sendApproved());
  }

  /** Null where it is no call of this agent's. */
  stateFor(agentId: string, snapshot: Snapshot): CallState | null {
    const call = this.#ports.store.read()?.call;
    if (call === undefined || snapshot.request.requested_by.id !== agentId) return null;
    const { serverId, joinKey, onApproval } = call;
    return { snapshot, run: this.#runner.state(), serverId, joinKey, ...(onApproval && { onApproval }) };
  }

  collected(agentId: string): void {
    this.#runner.collected(agentId);
  }

  /** A call on its way ends with a stop; what it cannot learn now it looks for by itself. */
  async stop(): Promise<void> {
    await this.#runner.endIfHalted().catch(() => undefined);
  }

  /** Never throws. */
  tidy(): Promise<void> {
    return this.#tried(() => this.#runner.tidy());
  }

  async #tried(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      logLine(NOTES["not-run"], { request: this.#ports.store.read()?.request.id, error: errorText(error) });
    }
  }
}

/** Made of this Worker's bindings. `owner`: of the agent whose call it is. */
export function callSurroundings(env: Bindings, owner: () => string | null): CallSurroundings {
  const config = readConfig(env);
  const upstream = upstreamFor(env, config, vaultOf(config), owner);
  const client = mcpClient(upstream);
  return {
    servers: {
      inForce: (epoch) => serversOf(env.DB, epoch),
      upstream,
      connectAt: ({ settings }) => (wantsGrant(settings) ? connectAddress(config.origin, settings.name) : null),
      async listedTool(server, tool) {
        const listing = await client.list(server);
        if (!listing.ok) return refuse({ reason: hopOf(listing.refusal.reason) });
        const same = listing.value.tools.filter((one) => one["name"] === tool);
        // Of two of one name nobody knows which one would be called.
        return accept(same.length === 1 ? (same[0] ?? null) : null);
      },
      async openSession(server) {
        const session = await client.openSession(server);
        if (!session.ok) return refuse({ reason: hopOf(session.refusal.reason) });
        const { era, protocolVersion, sessionId } = session.value;
        return accept({ era, protocolVersion, session: sessionId });
      },
      maskBy,
    },
    settleCall: (agentId, call) => activityOf(env, agentId).settle(call),
    previewsOf: (agentId) => {
      const activity = activityOf(env, agentId);
      return {
        upstream,
        maskBy,
        past: pastOf(env, agentId),
        admit: (call) => activity.admitPreview(call),
        settle: (call) => activity.settle(call),
        random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
        now: Date.now,
      };
    },
    isReported: (approval) => isReportedIn(env.DB, approval),
  };
}

/** Either of what can be said of how it went. */
export async function isReportedIn(d1: D1Database, { request, log }: ApprovalState): Promise<boolean> {
  const facts = (["outcome", "unknown"] as const).map((fact) => leafIndex(d1, log, requestKey(request.id, fact)));
  return (await Promise.all(facts)).some((index) => index !== null);
}

const HOPS: readonly UpstreamFailure["reason"][] = [
  "address-refused",
  "needs-authentication",
  "credential-unreadable",
  "unreachable",
  "timed-out",
  "redirected",
];

const hopOf = (reason: ListingFailure["reason"]): UpstreamFailure["reason"] | "no-answer" =>
  HOPS.find((one) => one === reason) ?? "no-answer";
