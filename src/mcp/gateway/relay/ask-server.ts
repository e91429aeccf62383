/** One message to a server, and its answer: as it comes, or read to the end where the gate itself wants to know. */
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { Upstream, UpstreamAnswer, UpstreamFailure } from "#gate/calls/upstream.ts";
import { credentialsOf, holdsCredential } from "#rules/calls/masking/credentials.ts";
import { connectAddress, wantsGrant } from "#rules/calls/connections/server-grants.ts";
import type { Failure } from "#rules/failure.ts";
import { CALL_SECONDS, RESULT_BYTES, type ServerInForce } from "#rules/calls/server-settings.ts";
import type { GatewayCaller } from "../gateway-caller.ts";
import { type BrokenAnswer, isResponseTo, readJsonAnswer, type RelayedAnswer, relayStream, type ServerMessage } from "./relay.ts";
import type { RpcId } from "../rpc.ts";
import { passing } from "./server-messages.ts";
import { bodyOf, type MessageName, serverHeaders } from "./upstream-message.ts";

export const secondsOf = ({ settings }: ServerInForce, seconds: number | null = null): number =>
  Math.min(seconds ?? settings.limits.seconds ?? CALL_SECONDS, 600);
export const mostBytesOf = ({ settings }: ServerInForce): number => settings.limits.result_bytes ?? RESULT_BYTES;

export const isStream = (response: Response): boolean => response.headers.get("content-type")?.startsWith("text/event-stream") === true;
const isJson = (response: Response): boolean => response.headers.get("content-type")?.startsWith("application/json") === true;

const HOPS: Record<UpstreamFailure["reason"], string> = {
  "address-refused": "the gate does not connect to the server's address",
  "needs-authentication": "the server does not take the gate's credential: an admin has to give another",
  "credential-unreadable": "the gate cannot read the server's credential: an admin has to give it again",
  unreachable: "the server could not be reached",
  "timed-out": "the server did not answer in time",
  redirected: "the server sends elsewhere, where the gate does not follow",
};

/** What an agent is told of a server that did not answer: which hop, and whether something was sent. */
export function upstreamFailure({ settings }: ServerInForce, { reason, wasSent, connectAt }: UpstreamFailure): Failure {
  const isConnected = reason === "needs-authentication" && connectAt !== undefined;
  const hop = isConnected ? `a person has to connect it, at ${connectAt}, and then it can be tried again` : HOPS[reason];
  const what = `Between the gate and the server ${settings.name}: ${hop}.`;
  if (wasSent) return { code: "outcome_unknown", message: `${what} It is not known whether it did what was asked.`, reason };
  const code = reason === "needs-authentication" ? "needs_authentication" : "upstream_unavailable";
  return { code, message: `${what} Nothing was sent.`, reason };
}

const BROKEN: Record<BrokenAnswer, string> = {
  "too-large": "its answer is larger than the gate passes on",
  "not-a-message": "what it answered is no message of the protocol",
  "broken-off": "its answer broke off",
  "timed-out": "it did not answer in time",
  "standing-lost": "the answer came after this agent was stopped or revoked",
};

export const brokenFailure = ({ settings }: ServerInForce, broken: BrokenAnswer): Failure => ({
  code: "outcome_unknown",
  message: `Of the server ${settings.name}: ${BROKEN[broken]}. It is not known whether it did what was asked; ask it before you repeat anything.`,
  reason: broken,
});

/** Sends a message; ends with `seconds`, or with `signal`, whichever is first. */
export function sendTo(
  upstream: Upstream,
  server: ServerInForce,
  message: { body: string; headers: Record<string, string> },
  signal: AbortSignal,
): Promise<Result<UpstreamAnswer, UpstreamFailure>> {
  return upstream.send(server, { method: "POST", ...message, signal });
}

/** Tells a server something that nobody waits for, in the client's session. */
export async function tellServer(caller: GatewayCaller, server: ServerInForce, session: string | null, body: string): Promise<void> {
  const headers = serverHeaders({ ...caller.headers, session }, null);
  const sent = await sendTo(caller.ports.upstream, server, { body, headers }, AbortSignal.timeout(CALL_SECONDS * 1_000));
  if (sent.ok) await sent.value.response.body?.cancel();
}

export interface Asked {
  answer: UpstreamAnswer;
  message: ServerMessage;
}

/** Asks a server, and reads its answer to the end: for what the gate answers itself. Nothing that it says on the way is passed on. */
export async function askServer(
  caller: GatewayCaller,
  server: ServerInForce,
  ask: { id: RpcId; method: string; params: JsonObject; session: string | null; name?: MessageName },
): Promise<Result<Asked, Failure | Response>> {
  const { ports, headers } = caller;
  const { id, method, params, session, name } = ask;
  const giveUp = AbortSignal.any([caller.gone, AbortSignal.timeout(secondsOf(server) * 1_000)]);
  const message = { body: bodyOf(id, method, params), headers: serverHeaders({ ...headers, session }, name ?? null) };
  const sent = await sendTo(ports.upstream, server, message, giveUp);
  if (!sent.ok) return refuse(upstreamFailure(server, { ...sent.refusal, wasSent: false }));
  const { response, secrets } = sent.value;
  const mask = await ports.maskOf([]);
  if (!response.ok || (!isJson(response) && !isStream(response))) return refuse(await refusedByServer(response, caller, server, secrets));
  const read = await readAnswer(response, id, {
    mask,
    secrets,
    mostBytes: mostBytesOf(server),
    look: passing(server.settings.features, () => {}),
  });
  if (!read.ok) return refuse({ ...brokenFailure(server, read.refusal), code: "upstream_unavailable" });
  return accept({ answer: sent.value, message: read.value });
}

async function readAnswer(response: Response, id: RpcId, relay: Pick<RelayedAnswer, "mask" | "secrets" | "mostBytes" | "look">) {
  if (!isStream(response)) return readJsonAnswer(response, id, relay);
  const whole = { ...relay, eventName: (name: string) => name, mayAnswer: () => Promise.resolve(true), ended: () => {} };
  const ended = Promise.withResolvers<ServerMessage | BrokenAnswer>();
  const reader = relayStream(
    response,
    id,
    { ...whole, ended: (end) => ended.resolve(end) },
    () => null,
    () => {},
  ).getReader();
  while (!(await reader.read()).done);
  const end = await ended.promise;
  if (typeof end === "string") return refuse(end);
  return isResponseTo(end, id) ? accept(end) : refuse("not-a-message" as const);
}

/** Statuses and headers of an answer without a message, as transports have them: "no such session", "wrong version". */
const PASSED_HEADERS = ["allow", "retry-after"];
const MOST_REFUSAL_BYTES = 65_536;

/**
 * What an agent gets of a server that answers with a status and no result. That it does not know the gate is the gate's trouble and is said
 * so: the agent has no credential to try again with.
 */
export async function refusedByServer(
  response: Response,
  caller: GatewayCaller,
  server: ServerInForce,
  secrets: readonly string[],
): Promise<Failure | Response> {
  const { status } = response;
  if (status === 401 || status === 403) {
    await response.body?.cancel();
    const connect = wantsGrant(server.settings) ? { connectAt: connectAddress(caller.origin, server.settings.name) } : {};
    return upstreamFailure(server, { reason: "needs-authentication", wasSent: false, ...connect });
  }
  const mask = await caller.ports.maskOf([]);
  const read = isJson(response)
    ? await readJsonAnswer(response, null, { mask, secrets, mostBytes: MOST_REFUSAL_BYTES, look: (said) => said })
    : null;
  if (read === null) await response.body?.cancel();
  const headers = new Headers({ "cache-control": "no-store" });
  if (read?.ok !== true) return new Response(null, { status, headers });
  headers.set("content-type", "application/json");
  const credentials = credentialsOf(secrets);
  for (const name of PASSED_HEADERS) {
    const value = response.headers.get(name);
    if (value !== null && !holdsCredential(value, credentials)) headers.set(name, value);
  }
  return new Response(read.value.text, { status, headers });
}
