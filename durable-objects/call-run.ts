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
import { KeptCallRun } from "./kept-run.ts";

/** What lies around the object: servers, and the record of the agent whose call it is. */
export type CallSurroundings = { servers: CallServers } & Pick<RunPorts, "settleCall">;

const NOTES = { "not-reported": "call-not-reported-yet", "not-settled": "call-not-settled-yet", "not-run": "call-not-run" } as const;

function everyMs(ms: number, run: () => void): () => void {
  const timer = setInterval(run, ms);
  return () => clearInterval(timer);
}

export class CallRuns {
  readonly #kept: KeptCallRun;
  readonly #runner: CallRunner;
  readonly #ports: UsePorts;
  readonly #ctx: DurableObjectState;

  /** `nextAlarm`: of the whole object. */
  constructor(ctx: DurableObjectState, ports: UsePorts, around: CallSurroundings, nextAlarm: () => number | null) {
    this.#ctx = ctx;
    this.#kept = new KeptCallRun(ctx.storage, nextAlarm);
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

  /** Goes on if whoever asked for it has gone. */
  run(agentId: string, hear: HearProgress | null): Promise<CallRun> {
    const run = this.#runner.run(agentId, hear);
    this.#ctx.waitUntil(run.catch(() => undefined));
    return run;
  }

  /** Null where it is no call of this agent's. */
  stateFor(agentId: string, snapshot: Snapshot): CallState | null {
    const call = this.#ports.store.read()?.call;
    if (call === undefined || snapshot.request.requested_by.id !== agentId) return null;
    return { snapshot, run: this.#runner.state(), serverId: call.serverId };
  }

  collected(agentId: string): void {
    this.#runner.collected(agentId);
  }

  /** A call on its way ends with a stop; what it cannot learn now it looks for by itself. */
  async stop(): Promise<void> {
    await this.#runner.endIfHalted().catch(() => undefined);
  }

  /** Never throws. */
  async tidy(): Promise<void> {
    try {
      await this.#runner.tidy();
    } catch (error) {
      logLine(NOTES["not-run"], { request: this.#ports.store.read()?.request.id, error: errorText(error) });
    }
  }
}

/** Made of this Worker's bindings. */
export const callSurroundings = (_: Bindings): CallSurroundings => NOWHERE;

/** No server is in force: nothing is ever sent. */
const NOWHERE: CallSurroundings = {
  servers: {
    inForce: (epoch) => Promise.resolve({ epoch, servers: [] }),
    upstream: { send: () => Promise.resolve({ ok: false, refusal: { reason: "unreachable", wasSent: false } }) },
    listedTool: () => Promise.resolve({ ok: false, refusal: { reason: "unreachable" } }),
    openSession: () => Promise.resolve({ ok: false, refusal: { reason: "unreachable" } }),
    maskBy: () => Promise.reject(new Error("nothing is masked here")),
  },
  settleCall: () => Promise.reject(new Error("nobody keeps a record of calls here")),
};
