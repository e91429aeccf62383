/**
 * A call that people are asked about, as its agent waits for it: told at once where people decide and every ten seconds that it goes on; run
 * by its request's object once it is approved; and after a while answered with how to come back.
 */
import { utf8 } from "#countersign/encoding/bytes.ts";
import type { AgentView } from "#countersign/documents/agent-view.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { waitFor } from "#gate/approvals/agent-approvals.ts";
import { agentFailure } from "#gate/approvals/approval-failures.ts";
import { refuse, type Result, accept } from "#countersign/result.ts";
import type { Failure } from "#rules/failure.ts";
import { errorText, logLine } from "#config/log-line.ts";
import type { GatewayCaller } from "../gateway-caller.ts";
import { asToolAnswer, endedWithout, failureText, type HeldForm, isRunOver, pendingText, runText, waitingMessage } from "./held-answers.ts";
import { sseEvent, streamHeaders } from "../rpc.ts";

const PROGRESS_MS = 10_000;
/** Between two signs of life, by which it is noticed that the client has gone. */
const ALIVE_MS = 5_000;

export interface Held extends HeldForm {
  requestId: string;
  /** It is a call of what is no tool, gone on with by one. */
  isOfMethod: boolean;
  /** Null where nobody wants to be told. */
  progressToken: string | number | null;
  waitSeconds: number;
  /** It is the call itself; not one that goes on with a call, whose agent has been told what to show. */
  isNew: boolean;
  /** What equal calls join it by; null where a call goes on that was made before. */
  joinKey: string | null;
}

/** The text of the answer, and whether it is the call's own: then it is collected once it was written. */
interface HeldAnswer {
  text: string;
  isFinal: boolean;
}

/** Tells of progress; told values only ever grow. */
type Tell = (message: string | JsonObject) => void;

async function answerOf(
  held: Held,
  caller: GatewayCaller,
  begun: (view: AgentView) => void,
  tell: Tell,
  gone: AbortSignal,
): Promise<HeldAnswer> {
  const waited = await waitForPeople(held, caller, begun, gone);
  if (!waited.ok) return { text: failureText(held, waited.refusal), isFinal: false };
  const view = waited.value;
  if (view.status === "pending") return { text: pendingText(held, view), isFinal: false };
  if (view.status !== "approved") return { text: failureText(held, endedWithout(view)), isFinal: true };
  const run = await caller.ports.runCall(held.requestId, caller.agent.id, tell);
  // Nothing is heard after a stop or a revocation, whatever the server has said.
  const facts = await caller.agent.stands();
  if (facts === null || facts.isStopped) {
    const failure = agentFailure({ reason: facts === null ? "revoked-while-waiting" : "agent-stopped" });
    return { text: failureText(held, failure), isFinal: false };
  }
  const text = runText(held, run);
  if (text === null) return { text: pendingText(held, view), isFinal: false };
  return { text: held.isOfMethod ? asToolAnswer(text, held.isModern) : text, isFinal: isRunOver(run) };
}

async function waitForPeople(
  held: Held,
  { agent, ports }: GatewayCaller,
  begun: (view: AgentView) => void,
  gone: AbortSignal,
): Promise<Result<AgentView, Failure>> {
  const waited = await waitFor(
    held.requestId,
    agent,
    { seconds: held.waitSeconds, begun, gone, isMute: held.isNew && held.progressToken === null },
    ports.approvals,
  );
  return waited.ok ? accept(waited.value) : refuse(agentFailure(waited.refusal));
}

/** It was written to the end: equal calls are new ones from now on. */
async function collect(held: Held, { ports, agent }: GatewayCaller): Promise<void> {
  await ports.collected(held.requestId, agent.id);
  if (held.joinKey !== null) await ports.activity.unjoin(held.joinKey, held.requestId);
}

const unavailable = (held: Held): HeldAnswer => ({
  text: failureText(held, {
    code: "unavailable",
    message: `This could not be looked at now. Call resume_call with {"request_id": "${held.requestId}"}.`,
  }),
  isFinal: false,
});

/** Waits, and answers in one document, or in a stream where the client takes one. */
export async function answerHeld(held: Held, caller: GatewayCaller): Promise<Response> {
  if (!caller.accepted.stream) {
    const answer = await answerOf(
      held,
      caller,
      () => {},
      () => {},
      caller.gone,
    ).catch((error: unknown) => broken(held, error));
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    caller.ports.waitUntil(deliver(writable.getWriter(), answer, answer.text, held, caller));
    return new Response(readable, { headers: { ...streamHeaders(), "content-type": "application/json" } });
  }
  return new Response(heldStream(held, caller), { headers: streamHeaders() });
}

function broken(held: Held, error: unknown): HeldAnswer {
  logLine("tool", { request: held.requestId, code: "unavailable", error: errorText(error) });
  return unavailable(held);
}

/** Writes the answer to its end. Whoever has gone before has not had it, and it stays to be collected. */
async function deliver(
  writer: WritableStreamDefaultWriter<Uint8Array>,
  { isFinal }: HeldAnswer,
  text: string,
  held: Held,
  caller: GatewayCaller,
): Promise<void> {
  try {
    await writer.write(utf8(text));
    await writer.close();
  } catch {
    return;
  }
  if (isFinal && !caller.gone.aborted) await collect(held, caller).catch(() => undefined);
}

function heldStream(held: Held, caller: GatewayCaller): ReadableStream<Uint8Array> {
  const left = new AbortController();
  const gone = AbortSignal.any([left.signal, caller.gone]);
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  // Whoever does not take it has gone: that ends the wait, never the request.
  const write = (text: string) => writer.write(utf8(text)).catch(() => left.abort());
  let [progress, message] = [0, ""];
  const tell: Tell = (told) => {
    const params = typeof told === "string" ? { message: told } : told;
    if (held.progressToken === null) return;
    progress += 1;
    void write(
      sseEvent(
        JSON.stringify({
          jsonrpc: "2.0",
          method: "notifications/progress",
          params: { ...params, progressToken: held.progressToken, progress },
        }),
      ),
    );
  };
  const timers = [
    setInterval(() => void write(": waiting\n\n"), ALIVE_MS),
    setInterval(() => {
      if (message !== "") tell(message);
    }, PROGRESS_MS),
  ];
  const begun = (view: AgentView) => {
    if (view.status !== "pending") return;
    message = waitingMessage(view);
    tell(message);
  };
  const work = async () => {
    const answer = await answerOf(held, caller, begun, tell, gone).catch((error: unknown) => broken(held, error));
    for (const timer of timers) clearInterval(timer);
    await deliver(writer, answer, sseEvent(answer.text), held, caller);
  };
  caller.ports.waitUntil(work());
  return readable;
}
