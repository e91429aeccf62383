/**
 * Calls a tool that only reads before people are asked about another one, so that they see what would come of it. Whatever fails on the way
 * fails closed: nobody is asked, and nothing of the call itself is sent.
 */
import { b64u, hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { canonicalize, type JsonObject, type JsonValue, MAX_PAYLOAD_DEPTH, parseJson } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { SettledCall } from "#rules/calls/admission.ts";
import type { CallToSend } from "#rules/calls/gated-call.ts";
import { callMessage } from "#rules/calls/run/call-message.ts";
import { originOfServer } from "#rules/calls/server-settings.ts";
import type { Failure } from "#rules/failure.ts";
import { sendCall, type SentEnd } from "../object/send-call.ts";
import { type AdmittedPreview, admitPreview, previewFailed } from "./admit-preview.ts";
import type { PreviewOf, PreviewPorts, TakenPreview } from "./preview.ts";

/** So long it may take: people wait for being asked, and the call itself for being sent. */
const MOST_SECONDS = 20;
/** What people are shown, as canonical JSON in UTF-8. */
const MOST_SHOWN_BYTES = 32_768;

/** 1. it may be called, and is recorded; 2. called; 3. recorded how that went; 4. what counts of it, if people can be shown that. */
export async function takePreview(of: PreviewOf, ports: PreviewPorts): Promise<Result<TakenPreview, Failure>> {
  const { wanted } = of;
  const admitted = await admitPreview(of, ports); // 1
  if (!admitted.ok) return admitted;
  const sentAtMs = ports.now();
  const sent = await send(admitted.value, of, ports); // 2
  const settled = ports.settle(endOf(sent, admitted.value, Math.max(0, ports.now() - sentAtMs))); // 3
  // What the record does not hear of now it takes for unknown.
  await settled.catch(() => undefined);
  if (sent.status === "refused") return refuse(previewFailed(wanted, `that could not be asked: ${sent.message}`));
  if (sent.status === "unknown") return refuse(previewFailed(wanted, "it did not answer in time, or not as a tool does"));
  if (!sent.succeeded) return refuse(previewFailed(wanted, "it answered that it failed"));
  const shown = await shownOf(sent.text, wanted.pick); // 4
  if (!shown.ok) return refuse(previewFailed(wanted, shown.refusal));
  const { tool, args } = admitted.value;
  const text = utf8(canonicalize(shown.value));
  if (text.length > MOST_SHOWN_BYTES) {
    return refuse(previewFailed(wanted, `it said more than the ${MOST_SHOWN_BYTES} bytes that people are shown: pick has to take less`));
  }
  return accept({ tool: tool.name, args, pick: wanted.pick, shown: shown.value, hash: hex(sha256(text)) });
}

async function send({ tool, args, handling }: AdmittedPreview, of: PreviewOf, ports: PreviewPorts): Promise<SentEnd> {
  const { server, spoken, trace, mask: further } = of;
  const { name, url } = server.settings;
  const payload = { server: name, url_origin: originOfServer(url), tool: tool.name, schema_hash: tool.pin, arguments: args };
  const call: Pick<CallToSend, "meta" | "definition" | "trace"> = { meta: {}, definition: tool.definition, trace };
  const message = callMessage(`preview:${b64u(ports.random(16))}`, payload, call, spoken);
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort("timed_out"), Math.min(handling.seconds ?? MOST_SECONDS, MOST_SECONDS) * 1_000);
  try {
    const mask = await ports.maskBy([...handling.mask, ...further]);
    const sending = { server, message, spoken, signal: giveUp.signal, hear: () => undefined };
    return await sendCall(sending, { upstream: ports.upstream, mask, maskCredential: null });
  } finally {
    clearTimeout(timer);
  }
}

/** So much of a result is kept in a record. */
const MOST_KEPT = 65_536;

function endOf(sent: SentEnd, { number, handling }: AdmittedPreview, ms: number): SettledCall {
  const none = { number, flags: [], request: null, resultHash: null, resultBytes: 0, result: null, masked: [], ms };
  if (sent.status === "unknown") return { ...none, status: "unknown", code: sent.code };
  if (sent.status === "refused") return { ...none, status: "failed", code: sent.code };
  const { text, masked, succeeded } = sent;
  const { what } = handling.keep;
  const bytes = utf8(text);
  return {
    ...none,
    status: succeeded ? "succeeded" : "failed",
    code: null,
    flags: masked.length > 0 ? ["masked"] : [],
    resultHash: what === "none" ? null : hex(sha256(bytes)),
    resultBytes: bytes.length,
    // As people are shown it: what a rule keeps in full is kept masked here.
    result: (what === "full" || what === "masked") && text.length <= MOST_KEPT ? text : null,
    masked,
  };
}

/** Numbers that lose digits, and what is no JSON under the rules, nobody could sign for. */
async function shownOf(text: string, pick: string | null): Promise<Result<JsonValue, string>> {
  const parsed = parseJson(text, { maxDepth: MAX_PAYLOAD_DEPTH });
  if (!parsed.ok || !isObject(parsed.value)) return refuse("it answered what is no JSON that people can sign for");
  if (pick === null) return accept(withoutMeta(parsed.value));
  // Loaded by whom it is needed, and not by every Worker that starts.
  const { pickedOf } = await import("#countersign/policy/judging/calls/picking.ts");
  const picked = pickedOf(pick, parsed.value);
  return picked === undefined ? refuse("what counts of its answer is not in it") : accept(picked);
}

/** What the protocol says beside a result may be another each time. */
function withoutMeta({ _meta: _, ...result }: JsonObject): JsonObject {
  return result;
}
