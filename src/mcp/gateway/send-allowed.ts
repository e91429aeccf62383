/** A call that the policy lets pass: sent at once, its answer streamed back masked, and how it went told to the agent's record. */
import { hex, utf8 } from "#countersign/encoding/bytes.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { JudgedCall } from "#gate/calls/calling.ts";
import type { UpstreamAnswer } from "#gate/calls/upstream.ts";
import { waitsAtUpstream } from "#rules/calls/run/other-gate.ts";
import { headerParams } from "#rules/calls/header-params.ts";
import { MaskedPlaces } from "#rules/calls/masking/places.ts";
import { HELD_MS } from "#rules/lease.ts";
import type { CallStatus } from "#countersign/documents/call.ts";
import {
  brokenFailure,
  mostBytesOf,
  isStream,
  refusedByServer,
  secondsOf,
  sendTo,
  tellServer,
  upstreamFailure,
} from "./relay/ask-server.ts";
import { type CallMessage, refusalText, refusedCall } from "./refused-call.ts";
import { type GatewayCaller, wrapEvent } from "./gateway-caller.ts";
import { metaForServer, metaOf } from "./meta.ts";
import { type BrokenAnswer, readJsonAnswer, type RelayedAnswer, relayStream, type ServerMessage } from "./relay/relay.ts";
import { jsonAnswer, sseEvent, streamHeaders } from "./rpc.ts";
import { asAgentsHaveIt, passing } from "./relay/server-messages.ts";
import { bodyOf, serverHeaders } from "./relay/upstream-message.ts";

/** Members of a call's params that go on, besides the arguments and `_meta`. */
const PASSED = ["task", "inputResponses", "requestState"] as const;

/** What is sent: the arguments in canonical form, without the agent's reason. */
function sentParams({ method, params }: CallMessage, { server, args }: JudgedCall): JsonObject {
  const meta = metaForServer(metaOf(params), server.settings.features, false);
  const rest = Object.fromEntries(PASSED.flatMap((name) => (params[name] === undefined ? [] : [[name, params[name]]])));
  const about = method === "tools/call" ? { name: params["name"] ?? "", arguments: args } : args;
  return { ...rest, ...about, ...(Object.keys(meta).length > 0 && { _meta: meta }) };
}

export async function sendAllowed(call: CallMessage, judged: JudgedCall, session: string | null, caller: GatewayCaller): Promise<Response> {
  const { ports, headers } = caller;
  const { server, tool, handling, args } = judged;
  const sentAtMs = ports.now();
  const left = new AbortController();
  const timeout = AbortSignal.timeout(secondsOf(server, handling.seconds) * 1_000);
  const params = sentParams(call, judged);
  const named = call.method === "tools/call" ? params["name"] : (args["uri"] ?? args["name"]);
  const name = typeof named === "string" ? named : null;
  const about = { method: call.method, name, params: headerParams(tool?.definition["inputSchema"], args) };
  const message = { body: bodyOf(call.id, call.method, params), headers: serverHeaders({ ...headers, session }, about) };
  const sent = await sendTo(ports.upstream, server, message, AbortSignal.any([left.signal, caller.gone, timeout]));
  const settle = settling(judged, sentAtMs, caller);
  if (!sent.ok) {
    settle({ status: sent.refusal.wasSent ? "unknown" : "failed", code: upstreamFailure(server, sent.refusal).code });
    return refusedCall(call, upstreamFailure(server, sent.refusal), caller, tool?.definition);
  }
  return answered(call, judged, sent.value, session, { settle, left, timeout }, caller);
}

interface OnItsWay {
  settle: Settle;
  left: AbortController;
  timeout: AbortSignal;
}

async function answered(
  call: CallMessage,
  judged: JudgedCall,
  { response, secrets }: UpstreamAnswer,
  session: string | null,
  { settle, left, timeout }: OnItsWay,
  caller: GatewayCaller,
): Promise<Response> {
  const { server, handling } = judged;
  const { features } = server.settings;
  const declineAll = passing(features, (body) => caller.ports.waitUntil(tellServer(caller, server, session, body).catch(() => undefined)));
  const masks = new MaskedPlaces();
  const relay: RelayedAnswer = {
    mask: await caller.ports.maskOf(handling.mask),
    secrets,
    mostBytes: mostBytesOf(server),
    eventName: (event) => wrapEvent(caller, server, call.id, event),
    mayAnswer: () => mayAnswer(judged, caller),
    look(said) {
      masks.include(said.masked);
      const passed = declineAll(said);
      return passed === null ? null : asAgentsHaveIt(passed, call.id, caller, server);
    },
    ended: (end) => settle(endOf(end, timeout), typeof end === "string" ? null : end, masks.list()),
  };
  const told = (broken: BrokenAnswer) =>
    refusalText(call, brokenFailure(server, timeout.aborted ? "timed-out" : broken), caller, judged.tool?.definition);
  if (isStream(response)) {
    const stream = relayStream(
      response,
      call.id,
      relay,
      (broken, isResumable) => (isResumable && broken === "broken-off" && !timeout.aborted ? null : sseEvent(told(broken))),
      () => left.abort(),
    );
    return new Response(stream, { headers: streamHeaders() });
  }
  if (!response.ok) {
    const refused = await refusedByServer(response, caller, server, secrets);
    settle({ status: "failed", code: refused instanceof Response ? `http_${refused.status}` : refused.code });
    return refused instanceof Response ? refused : refusedCall(call, refused, caller, judged.tool?.definition);
  }
  const read = await readJsonAnswer(response, call.id, relay);
  relay.ended(read.ok ? read.value : read.refusal);
  if (!read.ok) return jsonAnswer(told(read.refusal));
  return (await relay.mayAnswer()) ? jsonAnswer(read.value.text) : jsonAnswer(told("standing-lost"));
}

/** Whether what was asked of the agent's standing covers an answer now; otherwise it is asked again. */
async function mayAnswer({ askedAtMs }: JudgedCall, { agent, ports }: GatewayCaller): Promise<boolean> {
  const goneMs = ports.now() - askedAtMs;
  if (goneMs >= 0 && goneMs < HELD_MS) return true;
  const facts = await agent.stands();
  return facts !== null && !facts.isStopped;
}

interface CallEnd {
  status: CallStatus;
  code: string | null;
}

function endOf(end: ServerMessage | BrokenAnswer, timeout: AbortSignal): CallEnd {
  if (typeof end === "string") return { status: "unknown", code: timeout.aborted ? "timed-out" : end };
  const { result, error } = end.message;
  const failed =
    error !== undefined || (typeof result === "object" && result !== null && !Array.isArray(result) && result["isError"] === true);
  return { status: failed ? "failed" : "succeeded", code: waitsAtUpstream(result) ? "upstream_pending" : null };
}

type Settle = (end: CallEnd, answer?: ServerMessage | null, masked?: ServerMessage["masked"]) => void;

/** So much of a result is kept in a record. */
const MOST_KEPT = 65_536;

/** Has the agent's object told how it went, once, beside the answer. */
function settling({ number, handling }: JudgedCall, sentAtMs: number, { ports }: GatewayCaller): Settle {
  let isSettled = false;
  return (end, answer = null, masked = []) => {
    if (isSettled) return;
    isSettled = true;
    const ms = Math.max(0, ports.now() - sentAtMs);
    const tell = async () => {
      const bytes = answer === null ? null : utf8(answer.text);
      const { what } = handling.keep;
      const digest = bytes === null || what === "none" ? null : hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
      const kept = (what === "full" || what === "masked") && answer !== null && answer.text.length <= MOST_KEPT ? answer.text : null;
      await ports.tellEnd({
        number,
        ...end,
        flags: masked.length > 0 ? ["masked"] : [],
        request: null,
        resultHash: digest,
        resultBytes: bytes?.length ?? 0,
        result: kept,
        masked,
        ms,
      });
    };
    ports.waitUntil(tell().catch(() => undefined));
  };
}
