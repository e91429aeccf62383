/** What the gate calls before people are asked, and again before what they approved is sent: what it needs for that, and what it gives. Types only. */
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import type { WantedPreview } from "#countersign/policy/judging/calls/preview.ts";
import type { Asker } from "#gate/approvals/judge-ask.ts";
import type { CallToAdmit, OverLimit, SettledCall } from "#rules/calls/admission.ts";
import type { MaskRule } from "#rules/calls/handling.ts";
import type { RemotePast } from "#rules/calls/past/agent-past.ts";
import type { SpokenIn } from "#rules/calls/run/call-message.ts";
import type { ServerInForce } from "#rules/calls/server-settings.ts";
import type { AgentFacts, PolicyInForce } from "#rules/policies/judged.ts";
import type { MaskMessage } from "../object/mask-message.ts";
import type { Upstream } from "../upstream.ts";

/** Of an agent that stands, by a policy in force; where and how it is called. */
export interface PreviewOf {
  wanted: Pick<WantedPreview, "rule" | "tool" | "args" | "pick">;
  agent: Asker;
  facts: AgentFacts;
  policy: PolicyInForce;
  server: ServerInForce;
  spoken: SpokenIn;
  /** What the rules that ask people mask; those about the tool that is called mask as well. */
  mask: readonly MaskRule[];
  trace: string | null;
}

export interface TakenPreview {
  tool: string;
  args: JsonObject;
  pick: string | null;
  /** What counts of its result, masked: what people are shown. */
  shown: JsonValue;
  /** SHA-256 of its canonical JSON, hexadecimal. */
  hash: string;
}

export interface PreviewPorts {
  upstream: Upstream;
  maskBy(rules: readonly MaskRule[]): Promise<MaskMessage>;
  /** Of the agent. */
  past: RemotePast;
  /** Counts and records it among the agent's calls; throws if it cannot. */
  admit(call: CallToAdmit): Promise<{ number: number } | OverLimit>;
  /** How it ended; the same again changes nothing. */
  settle(call: SettledCall): Promise<void>;
  random(bytes: number): Uint8Array<ArrayBuffer>;
  now(): number;
}
