/** Many messages of one agent to one address become one: what counts as many, and which message tells of them. */
import { b64u, sha256, utf8 } from "#countersign/encoding/bytes.ts";

export const FOLDING = {
  /** Of the last so many seconds. */
  withinSeconds: 600,
  /** So many of one action to one address come one by one; */
  mostAlike: 3,
  /** so many of one agent, whatever it asks for. */
  most: 10,
  /** What is more is told together, so long after the first of it; */
  afterSeconds: 30,
  /** and so long after another such message. */
  againSeconds: 600,
} as const;

/** The id of the summary that a message begins if it is the first to be folded. */
export const summaryId = (messageId: string): string => `msg_${b64u(sha256(utf8(`requests.many ${messageId}`))).slice(0, 32)}`;
