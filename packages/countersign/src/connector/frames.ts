/**
 * What a gate and `countersign connect` say to each other over their socket, each frame one text: a line of JSON, and behind it, of a frame
 * that has one, the message as it is (docs/formats.md, "Frames of a connector"). Either side takes the other for a stranger: what is no frame
 * is null.
 */
import { parsedObject } from "./parsed-object.ts";

/** Said by the connector so that the way stays open; answered by the gate's runtime without waking anything. */
export const [PING, PONG] = ["ping", "pong"];

/** Why a gate ends a connector's socket, as the code of its close. */
export const CLOSED = { unreadable: 4000, replaced: 4001, revoked: 4003, flood: 4008, silent: 4010 } as const;

export type ChildEra = "modern" | "legacy";

/** The child that runs now: `id` names this run of it. `initialized`: its result of `initialize` or `server/discover`, as it wrote it. */
export interface RunningChild {
  id: string;
  era: ChildEra;
  initialized: string;
}

/** The one thing that a gate says: write this message to that run of the child, and to no other. */
export interface SendFrame {
  is: "send";
  id: string;
  child: string;
  message: string;
}

export type ConnectorFrame =
  | ({ is: "child" } & RunningChild)
  /** None runs; what was written to the one before gets no answer. */
  | { is: "no-child" }
  /** Handed to the child, to the last byte. */
  | { is: "written"; id: string }
  /** Not one byte of it was, nor ever will be. */
  | { is: "not-written"; id: string }
  /** The child said this. */
  | { is: "said"; message: string };

/** More than any server says of itself; an object keeps it. */
const MOST_INITIALIZED = 262_144;

const ID = /^[A-Za-z0-9_-]{16,64}$/;
const isId = (value: unknown): value is string => typeof value === "string" && ID.test(value);

/** The line of JSON, and what is behind it; null where nothing is. */
function parts(text: string): { head: Record<string, unknown>; message: string | null } {
  const end = text.indexOf("\n");
  const head = parsedObject(end === -1 ? text : text.slice(0, end)) ?? {};
  return { head, message: end === -1 ? null : text.slice(end + 1) };
}

/** What a gate says; null for what is no frame of one. */
export function readSendFrame(text: string): SendFrame | null {
  const { head, message } = parts(text);
  const { is, id, child } = head;
  return is === "send" && isId(id) && isId(child) && message !== null ? { is, id, child, message } : null;
}

/** What a connector says; null for what is no frame of one. */
export function readConnectorFrame(text: string): ConnectorFrame | null {
  const { head, message } = parts(text);
  const { is, id, era, initialized } = head;
  switch (is) {
    case "child":
      if (typeof initialized !== "string" || initialized.length > MOST_INITIALIZED) return null;
      return isId(id) && (era === "modern" || era === "legacy") ? { is, id, era, initialized } : null;
    case "no-child":
      return { is };
    case "written":
    case "not-written":
      return isId(id) ? { is, id } : null;
    case "said":
      return message === null ? null : { is, message };
    default:
      return null;
  }
}

/** No line of JSON has a line break in it. */
export function writeFrame(frame: SendFrame | ConnectorFrame): string {
  if (!("message" in frame)) return JSON.stringify(frame);
  const { message, ...head } = frame;
  return `${JSON.stringify(head)}\n${message}`;
}
