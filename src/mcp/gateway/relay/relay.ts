/**
 * A server's answer on its way to the agent: every message of it read whole, masked and looked at, whatever pieces it comes in. What is
 * not a message of the protocol goes no further.
 */
import { fromUtf8, utf8 } from "#countersign/encoding/bytes.ts";
import { type JsonObject, type JsonValue } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { readBounded } from "#config/bounded-body.ts";
import type { Mask, Masked } from "#gate/calls/calling.ts";
import { credentialsOf, holdsCredential } from "#rules/calls/masking/credentials.ts";
import { type ServerEvent, ServerEvents, writeServerEvent } from "#rules/calls/masking/server-events.ts";
import type { RpcId } from "../rpc.ts";

/** Why an answer goes no further. */
export type BrokenAnswer = "too-large" | "not-a-message" | "broken-off" | "timed-out" | "standing-lost";

/** One message of a server, as it may go on. */
export interface ServerMessage {
  text: string;
  message: JsonObject;
  masked: Masked["masked"];
}

export interface RelayedAnswer {
  mask: Mask;
  secrets: readonly string[];
  mostBytes: number;
  /** The message as it goes on; null: it goes no further. May answer the server itself. */
  look(message: ServerMessage): Promise<ServerMessage | null> | ServerMessage | null;
  /** The name under which the agent may come back to this place of the stream. */
  eventName: (id: string) => string;
  /** Whether anything may still be told to the agent. */
  mayAnswer(): Promise<boolean>;
  /** Called once: with the response to `id`, or why there is none. */
  ended(end: ServerMessage | BrokenAnswer): void;
}

/** A message of a server's as it may go on: masked, and one message. */
export function readServerMessage(
  text: string,
  { mask, secrets }: Pick<RelayedAnswer, "mask" | "secrets">,
): Result<ServerMessage, BrokenAnswer> {
  const masked = mask(text, secrets);
  if (!masked.ok) return refuse("not-a-message");
  const message = parsed(masked.value.text);
  return isObject(message) && message["jsonrpc"] === "2.0" ? accept({ ...masked.value, message }) : refuse("not-a-message");
}

/** What the server wrote need not obey the rules of what is signed. */
function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

export const isResponseTo = ({ message }: ServerMessage, id: RpcId): boolean => message["id"] === id && message["method"] === undefined;

/** A response to something else: clients take what has an id for the answer to what they asked under it, and much of that the gate answers. */
const answersAnother = (said: ServerMessage, id: RpcId | null): boolean =>
  said.message["method"] === undefined && (id === null || !isResponseTo(said, id));

/** The one message of a JSON answer, which has to be a response; to `id` unless that is null. */
export async function readJsonAnswer(
  response: Response,
  id: RpcId | null,
  relay: Pick<RelayedAnswer, "mask" | "secrets" | "mostBytes" | "look">,
): Promise<Result<ServerMessage, BrokenAnswer>> {
  try {
    const body = await readBounded(response, relay.mostBytes);
    const text = body === null ? null : fromUtf8(body);
    if (text === null) return refuse(body === null ? "too-large" : "not-a-message");
    const read = readServerMessage(text, relay);
    if (!read.ok) return read;
    if (read.value.message["method"] !== undefined || (id !== null && !isResponseTo(read.value, id))) return refuse("not-a-message");
    const looked = await relay.look(read.value);
    return looked === null ? refuse("not-a-message") : accept(looked);
  } catch {
    return refuse("broken-off");
  }
}

/** So often a stream says that it is there: who has gone is noticed by it, and proxies keep it open. */
const ALIVE_MS = 15_000;
const ALIVE = utf8(": alive\n\n");

/**
 * The stream that the agent gets of a server's stream. `id`: of the request that it answers, with whose response it ends; null for one
 * that goes on as long as both want it. `instead` makes what is told in the place of an answer that goes no further.
 */
export function relayStream(
  response: Response,
  id: RpcId | null,
  relay: RelayedAnswer,
  instead: (broken: BrokenAnswer, isResumable: boolean) => string | null,
  gone: () => void,
): ReadableStream<Uint8Array> {
  const reader = (response.body as ReadableStream<Uint8Array> | null)?.getReader();
  const split = new ServerEvents(relay.mostBytes);
  let [isOver, isResumable] = [false, false];
  const end = (how: ServerMessage | BrokenAnswer) => {
    if (isOver) return;
    isOver = true;
    relay.ended(how);
  };
  let stopAlive = () => {};
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const alive = setInterval(() => {
        try {
          controller.enqueue(ALIVE);
        } catch {
          stopAlive();
        }
      }, ALIVE_MS);
      stopAlive = () => clearInterval(alive);
    },
    async pull(controller) {
      const stop = (broken: BrokenAnswer) => {
        stopAlive();
        void reader?.cancel().catch(() => undefined);
        const told = instead(broken, isResumable);
        if (told !== null && id !== null && !isOver) controller.enqueue(utf8(told));
        end(broken);
        controller.close();
      };
      for (;;) {
        let events: readonly ServerEvent[];
        try {
          const read = await reader?.read();
          if (read === undefined || read.done) return stop("broken-off");
          const pushed = split.push(read.value);
          if (pushed.isTooLarge) return stop("too-large");
          events = pushed.events;
        } catch {
          return stop("broken-off");
        }
        let wrote = false;
        for (const event of events) {
          isResumable ||= event.fields.some((field) => field.startsWith("id"));
          const passed = await passEvent(event, id, relay);
          if (!passed.ok) return stop(passed.refusal);
          if (passed.value === null) continue;
          controller.enqueue(utf8(passed.value.text));
          wrote = true;
          if (id !== null && passed.value.message !== null && isResponseTo(passed.value.message, id)) {
            stopAlive();
            end(passed.value.message);
            void reader?.cancel().catch(() => undefined);
            controller.close();
            return;
          }
        }
        if (wrote) return;
      }
    },
    cancel() {
      stopAlive();
      gone();
      end("broken-off");
      void reader?.cancel().catch(() => undefined);
    },
  });
}

/** An event as it goes on; one without data only says where its stream can be taken up again. */
async function passEvent(
  event: ServerEvent,
  id: RpcId | null,
  relay: RelayedAnswer,
): Promise<Result<{ text: string; message: ServerMessage | null } | null, BrokenAnswer>> {
  if (!(await relay.mayAnswer())) return refuse("standing-lost");
  const named = { ...event, fields: fieldsOf(event, relay) };
  if (event.data === null || event.data === "") return accept({ text: writeServerEvent(named, event.data), message: null });
  const read = readServerMessage(event.data, relay);
  if (!read.ok) return read;
  if (answersAnother(read.value, id)) return accept(null);
  const message = await relay.look(read.value);
  return accept(message === null ? null : { text: writeServerEvent(named, message.text), message });
}

/** No field that tells the credential; a place of the stream by the gate's name for it. */
function fieldsOf({ fields }: ServerEvent, relay: RelayedAnswer): string[] {
  const credentials = credentialsOf(relay.secrets);
  return fields.flatMap((line) => {
    if (holdsCredential(line, credentials)) return [];
    const id = /^id: ?(.+)$/s.exec(line)?.[1];
    return [id === undefined ? line : `id: ${relay.eventName(id)}`];
  });
}
