/**
 * A test request: what an admin has asked in an agent's name, to see how requests reach people. The gate writes every word of it, and what it
 * is for is nothing: an approval of just this payload is never redeemed, whoever asked for it. No agent asks for what reads like it.
 */
import { payloadHash } from "#countersign/documents/request.ts";
import type { CheckedAsk } from "../agent-calls.ts";
import { lookOf } from "../names.ts";

export const TEST_ACTION = "Test request: nothing happens, whatever you decide";

const TEST_PAYLOAD = {
  test: "An admin sent this to see how requests reach people. It was not asked for by the agent, and nobody can use it.",
};

/** SHA-256 of the canonical payload, hexadecimal. */
export const TEST_PAYLOAD_HASH = payloadHash(TEST_PAYLOAD);

const TEST_LOOK = lookOf(TEST_ACTION);

/** Whether an action reads as that of a test. What is much longer does not. */
export const readsAsTest = (action: string): boolean => action.length < 2 * TEST_ACTION.length && lookOf(action) === TEST_LOOK;

/** The ask, for whoever sends it and nobody else, for a quarter of an hour at most. */
export const testAsk = (username: string): CheckedAsk => ({
  action: TEST_ACTION,
  payload: TEST_PAYLOAD,
  reason: `${username} sent this test from the agent's page.`,
  tool: null,
  server: null,
  approvers: { users: [username], groups: null, required: 1 },
  expiresInSeconds: 900,
  reveal: false,
  idempotencyKey: null,
});
