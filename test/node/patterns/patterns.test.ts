/** What fits what somebody denied the like of, and the forms in which it crosses to the log's object: these are released, and stay. */
import { describe, expect, it } from "vitest";
import { accept } from "#countersign/result.ts";
import type { SealedRecord } from "#countersign/documents/record.ts";
import type { PatternEffect } from "#gate/patterns/pattern-effects.ts";
import { denyPattern, liftPattern, type PatternPorts } from "#gate/patterns/pattern-verbs.ts";
import { argumentsHash, deniedBy, type DeniedPattern, type KeptPattern, kindOf } from "#rules/policies/denied-pattern.ts";

const NOW = "2026-11-20T09:30:00.000Z";
const LATER = "2026-11-20T13:30:00.000Z";
const AGENT = { id: "agt_1", name: "bot", owner: "usr_alex" };
const BLAIR = { id: "usr_blair", username: "blair" };
const ARGUMENTS = { sql: "SELECT 1" };
const HASH = argumentsHash(ARGUMENTS);
const ID = "ptn_-YKcVkBeaajbf4BxRFmnfA";

const pattern = (change: Partial<DeniedPattern> = {}): DeniedPattern => ({
  id: "ptn_1",
  server: "pg",
  tool: "query",
  action: null,
  argumentsHash: null,
  comment: null,
  until: LATER,
  ...change,
});

describe("what is alike", () => {
  it("is of the tool of the server that is named, whatever it is called; or where none is named, called the same", () => {
    expect(kindOf("pg", "query", "Anything")).toEqual({ server: "pg", tool: "query", action: null });
    expect(kindOf("pg", null, "Deploy")).toEqual({ server: "pg", tool: null, action: "Deploy" });
    const of = (one: DeniedPattern, ...named: Parameters<typeof kindOf>) => deniedBy([one], kindOf(...named), HASH, NOW)?.id;
    expect(of(pattern(), "pg", "query", "Anything")).toBe("ptn_1");
    expect(of(pattern(), "mysql", "query", "Anything")).toBeUndefined();
    expect(of(pattern(), null, "query", "Anything")).toBeUndefined();
    expect(of(pattern(), "pg", "drop", "Anything")).toBeUndefined();
    expect(of(pattern(), "pg", null, "query")).toBeUndefined();
    const called = pattern({ server: null, tool: null, action: "Deploy" });
    expect(of(called, null, null, "Deploy")).toBe("ptn_1");
    expect(of(called, null, null, "deploy")).toBeUndefined();
    expect(of(called, null, "Deploy", "Deploy")).toBeUndefined();
    expect(of(called, "pg", null, "Deploy")).toBeUndefined();
  });

  it("has these arguments, whatever their order, or any; and not after its time", () => {
    const of = (one: DeniedPattern, hash = HASH, now = NOW) => deniedBy([one], kindOf("pg", "query", ""), hash, now)?.id;
    expect(argumentsHash({ b: 1, a: [2] })).toBe(argumentsHash({ a: [2], b: 1 }));
    expect(of(pattern({ argumentsHash: HASH }))).toBe("ptn_1");
    expect(of(pattern({ argumentsHash: HASH }), argumentsHash({ sql: "SELECT 2" }))).toBeUndefined();
    expect(of(pattern(), HASH, LATER)).toBeUndefined();
    expect(of(pattern(), HASH, "2026-11-20T13:29:59.999Z")).toBe("ptn_1");
  });

  it("is told by the one that lasts longest; where nothing is refused nothing is", () => {
    const longer = pattern({ id: "ptn_2", until: "2026-11-20T20:00:00.000Z" });
    for (const both of [
      [pattern(), longer],
      [longer, pattern()],
    ])
      expect(deniedBy(both, kindOf("pg", "query", ""), HASH, NOW)?.id).toBe("ptn_2");
    expect(deniedBy([], kindOf("pg", "query", ""), HASH, NOW)).toBeNull();
    expect(deniedBy(undefined, kindOf("pg", "query", ""), HASH, NOW)).toBeNull();
  });
});

interface Leaf {
  idem: string;
  sealed: SealedRecord;
  effect: PatternEffect | null;
}

/** A log that takes everything, and what it was given. */
function service(kept: KeptPattern | null) {
  const leaves: Leaf[] = [];
  const ports: PatternPorts = {
    log: {
      append(leaf) {
        leaves.push(leaf);
        return Promise.resolve({ status: "logged", index: leaves.length });
      },
    },
    logOrigin: "gate.example.com/log",
    now: () => Date.parse(NOW),
    random: (length) => new Uint8Array(length).fill(1),
    patternById: () => Promise.resolve(kept),
    standingChanged: () => Promise.resolve(),
    sleep: () => Promise.resolve(),
  };
  return { leaves, ports };
}

const KEPT: KeptPattern = { ...pattern({ id: ID }), agent: AGENT, by: BLAIR, madeAt: NOW, liftedAt: null };

describe("the record and the effect", () => {
  it("of what is refused from now on: its id is made of the gesture's nonce", async () => {
    const { leaves, ports } = service(KEPT);
    const like = { server: "pg", tool: "query", action: null, argumentsHash: HASH };
    const made = { nonce: "AQID", by: BLAIR, credentialId: "AQ" };
    expect(await denyPattern({ agent: AGENT, like, seconds: 14_400, comment: "No.", made }, ports)).toEqual(accept(KEPT));
    expect(leaves.map(({ idem }) => idem)).toEqual([`pattern:${ID}`]);
    expect(leaves[0]?.sealed.record).toEqual({
      type: "countersign/record@v1",
      kind: "pattern.denied",
      log: "gate.example.com/log",
      at: NOW,
      pattern: ID,
      agent: AGENT,
      server: "pg",
      tool: "query",
      action: null,
      arguments_hash: HASH,
      until: LATER,
      by: BLAIR,
    });
    expect(leaves[0]?.effect).toEqual({
      kind: "pattern-denied",
      pattern: { id: ID, server: "pg", tool: "query", action: null, argumentsHash: HASH, comment: "No.", until: LATER },
      agentId: "agt_1",
      by: "usr_blair",
      credentialId: "AQ",
      at: NOW,
    });
  });

  it("of its end: by whoever made it or an admin, once", async () => {
    const { leaves, ports } = service(KEPT);
    expect((await liftPattern(ID, { id: "usr_kim", username: "kim", isAdmin: false }, ports)).ok).toBe(false);
    expect(leaves).toEqual([]);
    expect(await liftPattern(ID, { ...BLAIR, isAdmin: false }, ports)).toEqual(accept(null));
    expect(leaves[0]).toMatchObject({
      idem: `pattern:${ID}:lifted`,
      sealed: { record: { kind: "pattern.lifted", by: BLAIR, agent: AGENT } },
    });
    expect(leaves[0]?.effect).toEqual({ kind: "pattern-lifted", id: ID, by: "usr_blair", at: NOW });
    const lifted = service({ ...KEPT, liftedAt: NOW });
    expect(await liftPattern(ID, { id: "usr_kim", username: "kim", isAdmin: true }, lifted.ports)).toEqual(accept(null));
    expect(lifted.leaves).toEqual([]);
  });
});
