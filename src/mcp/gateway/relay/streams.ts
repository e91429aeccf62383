/**
 * Streams that are no answer to a call: the one over which a server of the earlier versions tells and asks (GET), and subscriptions of the
 * current one. What passes is what features let pass; what the gate has to tell itself, that its list of tools is another, comes in between.
 */
import { utf8 } from "#countersign/encoding/bytes.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { MaskRule } from "#rules/calls/handling.ts";
import type { PolicyInForce } from "#rules/policies/judged.ts";
import { mostBytesOf, isStream, refusedByServer, tellServer, upstreamFailure } from "./ask-server.ts";
import { type AtServer, type GatewayCaller, sessionOf, unwrapEvent, wrapEvent } from "../gateway-caller.ts";
import { metaForServer, metaOf } from "../meta.ts";
import { type RelayedAnswer, relayStream } from "./relay.ts";
import { answerJson, INTERNAL_ERROR, INVALID_PARAMS, rpcError, type RpcId, sseEvent, streamHeaders } from "../rpc.ts";
import { asAgentsHaveIt, passing } from "./server-messages.ts";
import { bodyOf, serverHeaders } from "./upstream-message.ts";

/** So often it is looked whether the agent stands, and by what it is judged. */
const LOOK_MS = 30_000;
const LIST_CHANGED = sseEvent(JSON.stringify({ jsonrpc: "2.0", method: "notifications/tools/list_changed" }));

/** `ask`: the subscription; null for the stream of a session. */
export async function serveStream(caller: GatewayCaller, at: AtServer, ask: { id: RpcId; params: JsonObject } | null): Promise<Response> {
  const { server } = at;
  const session = sessionOf(caller, server);
  const { lastEventId } = caller.headers;
  const resumed = ask === null && lastEventId !== null ? unwrapEvent(caller, server, lastEventId) : null;
  if (ask === null && lastEventId !== null && resumed === null)
    return answerJson(rpcError(null, INVALID_PARAMS, "There is no such stream of yours."), 404);
  // What is resumed answers the request that it answered before, and no other.
  const id = ask?.id ?? resumed?.id ?? null;
  if (!session.ok) return answerJson(rpcError(id, INVALID_PARAMS, "There is no such session of yours."), 404);
  const left = new AbortController();
  const signal = AbortSignal.any([left.signal, caller.gone]);
  const sent = await caller.ports.upstream.send(server, { ...messageOf(caller, at, session.value, ask, resumed?.event ?? null), signal });
  if (!sent.ok) {
    const { code, message } = upstreamFailure(server, { ...sent.refusal, wasSent: false });
    return answerJson(rpcError(id, INTERNAL_ERROR, message, { code }), ask === null ? 502 : 200);
  }
  const { response, secrets } = sent.value;
  if (!response.ok || !isStream(response)) {
    const refused = await refusedByServer(response, caller, server, secrets);
    return refused instanceof Response ? refused : answerJson(rpcError(id, INTERNAL_ERROR, refused.message, { code: refused.code }), 502);
  }
  const decline = (body: string) => caller.ports.waitUntil(tellServer(caller, server, session.value, body).catch(() => undefined));
  const pass = passing(server.settings.features, decline);
  const relay: RelayedAnswer = {
    mask: await caller.ports.maskOf(everyMask(at.policy)),
    secrets,
    mostBytes: mostBytesOf(server),
    look(said) {
      const passed = pass(said);
      return passed === null || id === null ? passed : asAgentsHaveIt(passed, id, caller, server);
    },
    eventName: (event) => wrapEvent(caller, server, id, event),
    mayAnswer: async () => stands(await caller.agent.stands()),
    ended: () => {},
  };
  const stream = relayStream(
    response,
    id,
    relay,
    () => null,
    () => left.abort(),
  );
  return new Response(withListChanges(stream, at.facts.epoch, caller, left), { headers: streamHeaders() });
}

const stands = (facts: { isStopped: boolean } | null): boolean => facts !== null && !facts.isStopped;

/** All that any rule masks: which call a server speaks of here, it alone could say. */
function everyMask({ compiled }: PolicyInForce): readonly MaskRule[] {
  if (compiled === null) return [];
  const known = masksOf.get(compiled);
  if (known !== undefined) return known;
  const all = [...compiled.rules, compiled.defaults].flatMap(({ handling }) => handling.mask);
  masksOf.set(compiled, all);
  return all;
}

const masksOf = new WeakMap<object, readonly MaskRule[]>();

function messageOf(
  caller: GatewayCaller,
  { server }: AtServer,
  session: string | null,
  ask: { id: RpcId; params: JsonObject } | null,
  lastEvent: string | null,
) {
  if (ask === null) {
    const from = { ...serverHeaders({ ...caller.headers, session }, null), ...(lastEvent !== null && { "last-event-id": lastEvent }) };
    return { method: "GET" as const, body: null, headers: from };
  }
  const { id, params } = ask;
  const method = "subscriptions/listen";
  const { _meta: _, ...rest } = params;
  const passed = { ...rest, _meta: metaForServer(metaOf(params), server.settings.features, false) };
  const about = { method, name: null, params: {} };
  return { method: "POST" as const, body: bodyOf(id, method, passed), headers: serverHeaders({ ...caller.headers, session }, about) };
}

/** The stream, and in between that the list of tools is another, once something has changed of what agents are judged by; over once the agent does not stand. */
function withListChanges(
  stream: ReadableStream<Uint8Array>,
  epoch: number,
  caller: GatewayCaller,
  left: AbortController,
): ReadableStream<Uint8Array> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  let known = epoch;
  const timer = setInterval(() => {
    caller.agent.standsNow().then(
      (facts) => {
        if (facts === null || facts.isStopped) return left.abort();
        if (facts.epoch !== known) void writer.write(utf8(LIST_CHANGED)).catch(() => left.abort());
        known = facts.epoch;
      },
      () => left.abort(),
    );
  }, LOOK_MS);
  const pump = async () => {
    const reader = stream.getReader();
    left.signal.addEventListener("abort", () => void reader.cancel().catch(() => undefined), { once: true });
    try {
      for (let read = await reader.read(); !read.done; read = await reader.read()) await writer.write(read.value);
    } catch {
      left.abort();
    } finally {
      clearInterval(timer);
      await writer.close().catch(() => undefined);
      await reader.cancel().catch(() => undefined);
    }
  };
  caller.ports.waitUntil(pump());
  return readable;
}
