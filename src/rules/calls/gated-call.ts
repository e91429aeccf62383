/** A call that people are asked about, as its request's object keeps it, sends it and tells of it. Types only. */
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { ToolHints } from "#countersign/policy/judging/facts.ts";
import type { CallHandling } from "./handling.ts";

/** What a gated call's payload is: `{ server, url_origin, tool, schema_hash, arguments }`. */
export interface CallPayload extends JsonObject {
  server: string;
  url_origin: string;
  tool: string;
  schema_hash: string;
  arguments: JsonObject;
}

/** What the object needs to send it, kept beside the request and not signed. */
export interface CallToSend {
  serverId: string;
  /** Equal calls have the same (`RemoteCalls.rejoin`). */
  joinKey: string;
  /** Its number in the agent's record. */
  number: number;
  /** The accepted definition, for people. */
  definition: JsonObject;
  handling: CallHandling;
  /** The upstream session in which it was asked, and the protocol's version there; null where the server has none. */
  session: string | null;
  protocolVersion: string;
  era: "modern" | "legacy";
  /** What of the client's `_meta` goes on, without a progress token. */
  meta: JsonObject;
  /** W3C trace context of the ask; null where there was none. */
  trace: string | null;
  /** Sent as soon as it is approved, whether its agent waits or not; left out of what is sent when the agent comes for it. */
  onApproval?: true;
  /**
   * What was called before people were asked, and what counted of its result as canonical JSON: its hash is signed (`preview_hash`). Called
   * again before it is sent; left out where nothing was.
   */
  preview?: { rule: string; tool: string; args: JsonObject; pick: string | null; shown: string };
  /** The call that it holds and is judged as; of its tool what is accepted, null where the gate knows none. Left out where it holds none. */
  inner?: { tool: string; pin: string | null; hints: ToolHints | null };
}

/** How the sending of an approved call stands. */
export type CallRun =
  /** Not approved (yet), or approved and nobody has sent it. */
  | { status: "not-sent" }
  /** On its way to the server, or it was and nothing more is known yet. */
  | { status: "sending" }
  /** The JSON-RPC `result` or `error` as text, masked. `replayed`: somebody got it before, or joined. */
  | { status: "answered"; answer: { result: string } | { error: string }; succeeded: boolean; replayed: boolean }
  /** It is not known what became of it; nothing is sent again. */
  | { status: "unknown" }
  /** There is no answer to give: its code and message say why, and whether anything was sent. `isOver`: nothing more comes of it. */
  | { status: "refused"; code: string; message: string; rule: string | null; isOver?: true }
  /** The answer was given, and is not kept any more. */
  | { status: "collected" };
