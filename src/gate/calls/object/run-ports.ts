/** What running a gated call needs of its request's object and of the world around. Types only. */
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { Result } from "#countersign/result.ts";
import type { UsePorts } from "#gate/approvals/object/use-approval.ts";
import type { ApprovalState } from "#rules/approval.ts";
import type { SettledCall } from "#rules/calls/admission.ts";
import type { SpokenIn } from "#rules/calls/run/call-message.ts";
import type { MaskRule } from "#rules/calls/handling.ts";
import type { KeptRun } from "#rules/calls/run/kept-run.ts";
import type { ServerInForce, ServersInForce } from "#rules/calls/server-settings.ts";
import type { MaskMessage } from "./mask-message.ts";
import type { PreviewPorts } from "../preview/preview.ts";
import type { Upstream, UpstreamFailure } from "../upstream.ts";

/** Texts kept beside a run; null: there is none (any more). */
export interface RunTexts {
  /** The answer's member, as it is given out. */
  answer: string | null;
  /** The answer as the agent's record keeps it, until it has it. */
  record: string | null;
}

/** The object's storage, of the run. Reads and writes are synchronous, as those of the approval are. */
export interface RunStore {
  read(): KeptRun;
  texts(): RunTexts;
  /** Stores how it stands, with its texts if they are given, and the time of the object's next alarm, in one atomic write. */
  write(run: KeptRun, texts?: RunTexts): void;
  /** Resolves once everything that was written is durable. Throws if it is not going to be. */
  durable(): Promise<void>;
}

/** Servers as calls are run at them. */
export interface CallServers {
  /** The servers in force in this epoch, or now if that is another. Throws if that cannot be known. */
  inForce(epoch: number): Promise<ServersInForce>;
  upstream: Upstream;
  /** Where a person can connect the server, should it not take the gate; null where nobody can. */
  connectAt(server: ServerInForce): string | null;
  /** What the server lists now under that name; null if it lists none. */
  listedTool(server: ServerInForce, tool: string): Promise<Result<JsonObject | null, CallHopFailure>>;
  /** A session of the gate's own, where the one in which the call was asked may be another. */
  openSession(server: ServerInForce): Promise<Result<SpokenIn, CallHopFailure>>;
  maskBy(rules: readonly MaskRule[]): Promise<MaskMessage>;
}

/** The server could not be asked, or did not answer as one; nothing of the call was sent. */
export interface CallHopFailure {
  reason: UpstreamFailure["reason"] | "no-answer";
}

export interface RunPorts extends UsePorts {
  runs: RunStore;
  servers: CallServers;
  /** Tells the agent's record how the call ended; the same again changes nothing. Throws if it cannot be known that it knows. */
  settleCall(agentId: string, call: SettledCall): Promise<void>;
  /** What previews are called with, for that agent. */
  previewsOf(agentId: string): PreviewPorts;
  /** Whether the log says already how it went. Throws if that cannot be known. */
  isReported(approval: ApprovalState): Promise<boolean>;
  /** Runs something again and again, about every so many milliseconds, until what it gives is called. */
  every(ms: number, run: () => void): () => void;
  /** For the log line. `what`: what could not be done, and is tried again. */
  note(what: "not-reported" | "not-settled" | "not-run", error: unknown): void;
}

/** Hears of the call's progress as the server tells it, masked; a caller that is gone may throw. */
export type HearProgress = (params: JsonObject) => unknown;
