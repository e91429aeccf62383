/** Deployments after each other, with other secrets and variables, and what they serve. */
import { evictDurableObject } from "cloudflare:test";
import { b64 } from "../../../src/core/bytes.ts";
import { parseReceipt, verifyReceipt } from "../../../src/verifier.ts";
import { type Agent, receiptOf } from "../approvals-support.ts";
import { logStub } from "../log-support.ts";
import { call, ORIGIN } from "../people-support.ts";
import { deploy } from "./fault-plan.ts";
import { stub } from "./journeys.ts";

/** A signing key, as it is set. The tests' own is that of 1. */
export const seedOf = (byte: number): string => b64(new Uint8Array(32).fill(byte));

/** Every one of these objects starts anew, and all have these variables, and otherwise those of all tests. */
export async function deployAnew(
  variables: Parameters<typeof deploy>[0] = {},
  { requests, logs }: { requests: readonly string[]; logs: readonly string[] },
): Promise<void> {
  deploy(variables);
  for (const object of [...requests.map(stub), ...logs.map((name) => logStub(name))])
    await evictDurableObject(object).catch(() => undefined);
}

/** What is served to anybody. */
export async function text(path: string): Promise<string> {
  const answer = await call("GET", path);
  const body = await answer.text();
  if (answer.status !== 200) throw new Error(`${answer.status}: ${body}`);
  return body.trim();
}

/** The receipt, verified offline under that key of the log. */
export async function verifiedUnder(vkey: string, agent: Agent, id: string) {
  const receipt = parseReceipt(await receiptOf(agent, id));
  if (!receipt.ok) throw new Error(receipt.refusal.code);
  const verdict = await verifyReceipt(receipt.value, { vkey, origin: ORIGIN });
  if (!verdict.ok) throw new Error(JSON.stringify(verdict.refusal));
  return verdict.value;
}
