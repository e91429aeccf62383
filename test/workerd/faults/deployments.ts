/** Deployments after each other, with other secrets and variables, and what they serve. */
import { evictDurableObject } from "cloudflare:test";
import { b64 } from "#countersign/encoding/bytes.ts";
import { parseReceipt, verifyReceipt } from "#countersign/verifier.ts";
import { vi } from "vitest";
import { type Agent, personAndAgent, receiptOf } from "#test/workerd/support/approvals.ts";
import { logStub } from "#test/workerd/support/log.ts";
import { call, ORIGIN, type Someone } from "#test/workerd/support/people.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";
import { deploy, endOutages } from "./fault-plan.ts";
import { stub } from "./journeys.ts";
import { forgetWhatWasTold } from "./worker.ts";

/** Before each test: a service with one person and their agent, a day ahead, so that alarms come when a test says, and by themselves never. */
export async function beginADayAhead(): Promise<{ person: Someone; agent: Agent }> {
  await emptyStorage();
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 86_400_000 });
  return await personAndAgent();
}

/** After each test: nothing fails any more, the variables are those of all tests, and it is today. */
export function endDeployments(): void {
  endOutages();
  deploy({});
  forgetWhatWasTold();
  vi.useRealTimers();
}

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
