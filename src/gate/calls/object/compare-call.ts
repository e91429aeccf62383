/** Whether the call that was approved is the one that its server takes now: looked at before it is claimed, when nothing was sent. */
import { toolPin } from "#countersign/documents/tool-pin.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { canonicalize } from "#countersign/json/canonical-json.ts";
import { callable } from "#rules/calls/callable.ts";
import { methodOf, type SpokenIn, spokenHeaders } from "#rules/calls/run/call-message.ts";
import type { CallPayload, CallToSend } from "#rules/calls/gated-call.ts";
import { originOfServer, type ServerInForce } from "#rules/calls/server-settings.ts";
import { isOn, unacceptedPrompt } from "#rules/calls/what-else.ts";
import { hopFailure } from "./send-call.ts";
import type { CallServers } from "./run-ports.ts";

/** Where the call goes, and in which session. `epoch`: of everything that says so. */
export interface ComparedCall {
  server: ServerInForce;
  spoken: SpokenIn;
  epoch: number;
}

/** `isFinal`: whatever comes, this approval does not serve for it any more. Nothing was sent. */
export interface NotComparable {
  code: string;
  message: string;
  isFinal: boolean;
  /** It is the preview that could not be had; left out: it was not asked for. */
  isOfPreview?: true;
}

const PING_MS = 20_000;

const notAccepted = (tool: string): NotComparable => ({
  code: "tool_not_accepted",
  message: `${tool} is not any more what was accepted when this was asked for. Nothing was sent; an admin has to look at it.`,
  isFinal: true,
});

/**
 * 1. the server is in force, at the same origin; 2. the tool, and the one that it calls, are accepted as they were, or what is no tool is still on; 3. the session in which it was asked is there, or may be
 * another; 4. the server lists the tool just so, at this moment.
 */
export async function compareCall(
  payload: CallPayload,
  call: CallToSend,
  epoch: number,
  servers: CallServers,
): Promise<Result<ComparedCall, NotComparable>> {
  const inForce = await servers.inForce(epoch);
  const server = inForce.servers.find(({ settings }) => settings.id === call.serverId);
  if (server === undefined || originOfServer(server.settings.url) !== payload.url_origin) {
    // 1
    const message = `The server ${payload.server} is not there any more, or not where it was. Nothing was sent.`;
    return refuse({ code: "unknown_server", message, isFinal: true });
  }
  const isTool = methodOf(payload) === "tools/call";
  if (!isTool && (!isOn(payload.tool, server) || unacceptedPrompt(payload.tool, payload.arguments, server) !== null))
    return refuse(notAccepted(payload.tool)); // 2
  const accepted = server.accepted.find(({ name }) => name === payload.tool);
  if (isTool && (accepted?.pin !== payload.schema_hash || server.drifted.includes(payload.tool))) return refuse(notAccepted(payload.tool)); // 2
  if (call.inner !== undefined && !isAsItWas(call.inner, server)) return refuse(notAccepted(call.inner.tool));
  const spoken = await sessionFor(server, call, servers); // 3
  if (!spoken.ok) return spoken;
  if (isTool) {
    const listed = await servers.listedTool(server, payload.tool); // 4
    if (!listed.ok) return refuse({ ...hopFailure(listed.refusal.reason, servers.connectAt(server)), isFinal: false });
    if (listed.value === null || toolPin(listed.value) !== payload.schema_hash) return refuse(notAccepted(payload.tool));
  }
  return accept({ server, spoken: spoken.value, epoch: inForce.epoch });
}

const SESSION_LOST: NotComparable = {
  code: "session_lost",
  message:
    "The session with the server in which this was asked is over, and it may not be run in another. Nothing was sent; make the call again.",
  isFinal: true,
};

/** Whether the tool that it is judged as is accepted as it was; or still none that the gate knows of. */
function isAsItWas({ tool, pin }: NonNullable<CallToSend["inner"]>, server: ServerInForce): boolean {
  const found = callable(server, tool);
  return found.ok ? found.value.pin === pin : pin === null && found.refusal === "unknown_tool";
}

/** The session in which it was asked, as long as the server knows it; else, where that may be, one of the gate's own. */
async function sessionFor(server: ServerInForce, call: CallToSend, servers: CallServers): Promise<Result<SpokenIn, NotComparable>> {
  const { era, protocolVersion, session } = call;
  const spoken: SpokenIn = { era, protocolVersion, session };
  if (era === "modern" || session === null) return accept(spoken);
  const known = await isKnown(server, spoken, servers);
  if (known === "known") return accept(spoken);
  if (known === "not-known" && server.settings.features.sessions !== "any") return refuse(SESSION_LOST);
  if (known !== "not-known") return refuse({ ...hopFailure(known, servers.connectAt(server)), isFinal: false });
  const opened = await servers.openSession(server);
  return opened.ok ? opened : refuse({ ...hopFailure(opened.refusal.reason, servers.connectAt(server)), isFinal: false });
}

type Known = "known" | "not-known" | Parameters<typeof hopFailure>[0];

/** Asked with a ping, which changes nothing. Servers say 404 of a session that is over, and some 400. */
async function isKnown(server: ServerInForce, spoken: SpokenIn, { upstream }: CallServers): Promise<Known> {
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), PING_MS);
  try {
    const body = canonicalize({ jsonrpc: "2.0", id: "countersign:ping", method: "ping" });
    const headers = spokenHeaders(spoken, "ping");
    const sent = await upstream.send(server, { method: "POST", body, headers, signal: giveUp.signal });
    if (!sent.ok) return sent.refusal.reason;
    const { status, body: answer } = sent.value.response;
    await answer?.cancel().catch(() => undefined);
    if (status === 404 || status === 400) return "not-known";
    if (status === 401 || status === 403) return "needs-authentication";
    return status < 300 ? "known" : "no-answer";
  } finally {
    clearTimeout(timer);
  }
}
