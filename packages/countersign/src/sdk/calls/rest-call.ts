/** A call to the service over REST, and how an approval is read out of its answer. */
import { type JsonObject, parseJson } from "../../json/canonical-json.ts";
import { type Approval, readApproval } from "../answers.ts";

export interface RestCall<T> {
  method: "GET" | "POST";
  path: string;
  body?: JsonObject;
  idempotencyKey?: string;
  /** How long the service may take its time, in milliseconds. */
  waitMs?: number;
  patienceMs?: number;
  /** Of whoever waits for the answer: ends the call, and is followed by no other. */
  signal?: AbortSignal;
  /** What the answer says; null of one that the service does not give to this call. */
  read: (text: string) => T | null;
}

export const approvalPath = (requestId: string): string => `/approvals/${encodeURIComponent(requestId)}`;

/** The approval that an answer says; null if it says none. */
export function approvalIn(text: string): Approval | null {
  const json = parseJson(text);
  return json.ok ? readApproval(json.value) : null;
}

/** The request as it stands. What is told of another one does not count. */
export const reading = (requestId: string, query = ""): RestCall<Approval> => ({
  method: "GET",
  path: `${approvalPath(requestId)}${query}`,
  read(text) {
    const approval = approvalIn(text);
    return approval?.request_id === requestId ? approval : null;
  },
});
