/**
 * Exchanges of SEP-2672, written from its text: what a client may bring with a call, and which check refuses it, by its name and in the
 * draft's order. The passkeys are real and both verifiers look; storage and log are held in memory.
 */
import { describe, expect, it } from "vitest";
import { hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { canonicalize, type JsonObject, type JsonValue } from "#countersign/json/canonical-json.ts";
import type { AuthenticatorClass } from "#countersign/documents/words.ts";
import { EVIDENCE_REASONS, type EvidenceReason } from "#countersign/verified/verified-approval.ts";
import type { ChallengeEffect } from "#gate/calls/verified/challenge-effect.ts";
import { type CallToVerify, checkEvidence, consumeEvidence } from "#gate/calls/verified/check-evidence.ts";
import { evidenceFailure } from "#gate/calls/verified/evidence-for.ts";
import type { EligiblePasskey, KeptChallenge, VerifiedPorts } from "#gate/calls/verified/verified-ports.ts";
import type { Leaf } from "#gate/log/transparency-log.ts";
import { evidenceError } from "#mcp/gateway/verified/evidence-error.ts";
import { checkPasskeyAssertion } from "#passkeys/authentication.ts";
import vector from "#test/vectors/sep-2672.json" with { type: "json" };

interface Case {
  check: number;
  what: string;
  evidence?: unknown;
  call: { tool: string; arguments: unknown; class: string };
  reason: string | null;
}
const cases: Case[] = vector.cases;
const caseOf = (what: string): Case => {
  const found = cases.find((one) => one.what === what);
  if (found === undefined) throw new Error(`no case ${what}`);
  return found;
};

/** As D1 and the log are, for one test. */
class Kept implements VerifiedPorts {
  readonly origin = vector.origin;
  readonly logOrigin = "gate.example.com/log";
  readonly challenges = structuredClone(vector.challenges) as KeptChallenge[];
  readonly passkeys = structuredClone(vector.passkeys) as EligiblePasskey[];
  readonly leaves = new Map<string, Leaf<ChallengeEffect>>();
  readonly wentBack: string[] = [];
  /** The condition of the batch that does not hold. */
  broken: string | null = null;
  readonly log = {
    append: (leaf: Leaf<ChallengeEffect>) => {
      if (this.broken !== null) return Promise.resolve({ status: "refused" as const, constraint: this.broken });
      const before = this.leaves.get(leaf.idem);
      if (before !== undefined) return Promise.resolve({ status: "conflict" as const, index: 1, sealed: before.sealed });
      this.leaves.set(leaf.idem, leaf);
      return Promise.resolve({ status: "logged" as const, index: 1 });
    },
  };
  now = () => Date.parse(vector.now);
  random = (bytes: number) => new Uint8Array(bytes);
  challengeOf = (challenge: string) => Promise.resolve(this.challenges.find((one) => one.challenge === challenge) ?? null);
  keepChallenge = () => Promise.resolve(false);
  eligiblePasskeys = (id: string | null) => Promise.resolve(this.passkeys.filter(({ credentialId }) => id === null || credentialId === id));
  checkAssertion: VerifiedPorts["checkAssertion"] = (claim, passkey) => checkPasskeyAssertion(claim, passkey, this.origin);
  noteCounterBack = ({ credentialId }: { credentialId: string }) => {
    this.wentBack.push(credentialId);
    return Promise.resolve();
  };
}

const callOf = ({ call }: Case): CallToVerify => ({
  agent: vector.agent,
  server: vector.server,
  tool: call.tool,
  args: canonicalize(call.arguments as JsonObject),
  wanted: call.class as AuthenticatorClass,
});
const checked = (one: Case, kept: Kept) => checkEvidence(one.evidence as JsonValue | undefined, callOf(one), kept);

describe("a call's evidence", () => {
  it.each(cases)("check $check: $what: $reason", async (one) => {
    const kept = new Kept();
    const found = await checked(one, kept);
    expect(found.ok ? null : found.refusal).toBe(one.reason);
    expect(kept.leaves.size).toBe(0);
    expect(kept.wentBack).toHaveLength(one.reason === "signature_counter_regression" ? 1 : 0);
  });

  it("has every check and every reason among these", () => {
    expect([...new Set(cases.map(({ check }) => check))].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    const reasons = [...new Set(cases.flatMap(({ reason }) => (reason === null ? [] : [reason])))];
    expect(reasons.toSorted()).toEqual([...EVIDENCE_REASONS].toSorted());
  });

  it("check 13: is consumed once, also by two that were both checked before", async () => {
    const kept = new Kept();
    const one = caseOf("what holds");
    const both = [await checked(one, kept), await checked(one, kept)];
    const ends = await Promise.all(both.flatMap((found) => (found.ok ? [consumeEvidence(found.value, kept)] : [])));
    expect(ends).toEqual([
      { ok: true, value: null },
      { ok: false, refusal: "challenge_consumed" },
    ]);
    expect(kept.leaves.size).toBe(1);
  });

  it("check 14: its count comes with the leaf, of whose record nothing else is made", async () => {
    const kept = new Kept();
    const one = caseOf("what holds");
    const found = await checked(one, kept);
    if (!found.ok) throw new Error(found.refusal);
    await consumeEvidence(found.value, kept);
    const [[key, leaf] = []] = [...kept.leaves];
    const { agent, server } = vector;
    expect(key).toBe(vector.challenges[0]?.challenge);
    expect(leaf?.sealed.record).toMatchObject({
      kind: "challenge.consumed",
      agent,
      server,
      tool: one.call.tool,
      challenge: key,
      arguments_hash: hex(sha256(utf8(callOf(one).args))),
    });
    expect(leaf?.effect).toMatchObject({ kind: "challenge-consumed", challenge: key, agentId: agent.id, signCount: 8 });
  });

  it.each([
    ["challenge_is_open", "challenge_consumed"],
    ["verifies_calls", "unknown_credential"],
    ["counter_goes_on", "signature_counter_regression"],
  ])("what changes between the check and the write is refused by its name: %s", async (condition, reason) => {
    const kept = new Kept();
    const found = await checked(caseOf("what holds"), kept);
    if (!found.ok) throw new Error(found.refusal);
    kept.broken = condition;
    expect(await consumeEvidence(found.value, kept)).toEqual({ ok: false, refusal: reason });
    kept.broken = "something else";
    await expect(consumeEvidence(found.value, kept)).rejects.toThrow("something else");
  });
});

it.each(EVIDENCE_REASONS)("on the wire: %s, -32001 and in the current era -31001", (reason: EvidenceReason) => {
  const failure = evidenceFailure(reason);
  expect(failure.message).toContain("Nothing was sent.");
  for (const [isModern, code] of [
    [false, -32_001],
    [true, -31_001],
  ] as const)
    expect(evidenceError(7, failure, isModern)).toEqual({
      jsonrpc: "2.0",
      id: 7,
      error: { code, message: failure.message, data: { reason } },
    });
});
