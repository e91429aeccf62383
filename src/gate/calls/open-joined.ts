/** The request under which people are asked about a call: that of an equal call, as long as its answer was not given out; otherwise one of its own. */
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { Agent } from "#gate/approvals/agent-approvals.ts";
import { agentFailure } from "#gate/approvals/approval-failures.ts";
import type { Failure } from "#rules/failure.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { CallingPorts, JudgedCall } from "./calling.ts";
import { newCallId, openCall } from "./open-call.ts";
import type { TakePreview } from "./preview/previews-of-call.ts";
import { takePreview } from "./preview/take-preview.ts";

/** What is kept beside the request so that it can be sent as it was asked. */
export interface AskedIn {
  call: JudgedCall;
  joinKey: string;
  /** The server's own session; null where it has none. */
  session: string | null;
  protocolVersion: string;
  isModern: boolean;
  meta: JsonObject;
  trace: string | null;
}

/** So often another call may have put a request of its own in the place of one that was over. */
const MOST_TRIES = 5;

/** The id of the request that is open now. `allowed`: the policy lets the call pass by now, and nobody is asked. */
export async function openJoined(
  first: { requestId: string; isJoined: boolean },
  asked: AskedIn,
  agent: Agent,
  ports: CallingPorts,
): Promise<Result<string, Failure | "allowed">> {
  let { requestId, isJoined } = first;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const state = isJoined ? await ports.callState(requestId, agent.id) : null;
    if (state === null) return open(requestId, asked, agent, ports);
    if (state.run.status !== "collected") return accept(requestId);
    const fresh = newCallId(ports.serverSecret, (bytes) => ports.random(bytes));
    const joined = await ports.activity.rejoin(asked.joinKey, fresh, requestId);
    isJoined = joined !== fresh;
    requestId = joined;
  }
  throw new Error("what an equal call joins changes faster than it is joined");
}

async function open(
  requestId: string,
  { call, joinKey, session, protocolVersion, isModern, meta, trace }: AskedIn,
  agent: Agent,
  ports: CallingPorts,
): Promise<Result<string, Failure | "allowed">> {
  const { server, tool, name, args, reason, handling, number, past } = call;
  const { verified } = handling;
  const toSend = {
    serverId: server.settings.id,
    joinKey,
    number,
    // Of what is no tool its name alone is pinned, and shown.
    definition: tool?.definition ?? { name },
    session,
    protocolVersion,
    era: isModern ? ("modern" as const) : ("legacy" as const),
    meta,
    trace,
  };
  const { era } = toSend;
  const takePreviewOf: TakePreview = (wanted, by) =>
    takePreview({ wanted, agent, ...by, server, spoken: { era, protocolVersion, session }, trace }, ports.previews);
  const opened = await openCall(
    { requestId, server, tool, name, args, reason, toSend, past, takePreview: takePreviewOf, ...(verified !== undefined && { verified }) },
    agent,
    ports.approvals,
  );
  if (opened.ok) return accept(opened.value.snapshot.request.id);
  return refuse(opened.refusal.reason === "allowed" ? "allowed" : agentFailure(opened.refusal));
}
