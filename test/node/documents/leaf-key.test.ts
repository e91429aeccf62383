/** The keys under which databases hold leaves, and the form of what is sealed: stored formats, so each is pinned by a literal. */
import { describe, expect, test } from "vitest";
import {
  callsKey,
  callsOfKey,
  channelKey,
  creationKey,
  enrolmentKey,
  FIRST_PERSON_KEY,
  isChannelChangeKey,
  isExtensionKey,
  isRotationKey,
  isServerChangeKey,
  isToolsKey,
  leafKeyOf,
  mayName,
  requestKey,
  ROTATION_KEYS,
  rotationKey,
  serverKey,
  type SelfKeyedKind,
  toolsKey,
} from "#countersign/documents/leaf-key.ts";
import { fit } from "#countersign/json/shape.ts";
import { type LogRecord, type RecordOf, recordShapes, seal, type SealedRecord } from "#countersign/documents/record.ts";
import vectors from "#test/vectors/records.json" with { type: "json" };

/** Of the golden vectors, by kind: those whose record says its key. */
const KEYS: Record<SelfKeyedKind, string> = {
  "log.genesis": "genesis",
  "passkey.enrolled": "passkey:CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg",
  "passkey.revoked": "passkey:CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg:revoked",
  "agent.created": "agt_release-bot:created",
  "agent.delegated": "agt_release-bot:delegated",
  "agent.revoked": "agt_release-bot:revoked",
  "agent.key_rotated": "agt_release-bot:key:1",
  "agent.key_ended": "agt_release-bot:key:1:ended",
  "role.changed": "usr_alex:role:14d5874dc6acf6777a10519e186770ff090f074faaab6ba02f27d4e3f1730ab0",
  "person.erased": "usr_blair:erased",
  "policy.published": "policy:3",
  "grant.used": "grt_1:used:2",
  "grant.revoked": "grt_1:revoked",
  "pattern.denied": "pattern:ptn_1",
  "pattern.lifted": "pattern:ptn_1:lifted",
  "stop.ordered": "stop:all:2",
  "stop.released": "stop:all:2:released",
  "delegation.given": "delegation:dlg_1",
  "delegation.ended": "delegation:dlg_1:ended",
  "channel.added": "channel:chn_ops:1",
  "channel.removed": "channel:chn_ops:removed",
  "server.added": "srv_github:1",
  "server.removed": "srv_github:removed",
  "connector.created": "con_laptop",
  "connector.revoked": "con_laptop:revoked",
  "server.connected": "sgr_1",
  "account.connected": "sgr_2",
  "server.disconnected": "sgr_1:ended",
  "calls.logged": "calls:agt_release-bot:5",
  "challenge.consumed": "VquzGl-dOj2-31WU4WTIb1P0WW8LW6yn0bcdBA0hQy8hfm3z09VcFQCqSMvU1VpZFlmq-HtWA-TJMcDIB0C2-g",
  "question.asked": "apr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA:question:1",
  "question.answered": "apr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA:answer:1",
  "approval.auto_approved": "apr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA:final",
  "approval.approved": "apr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA:final",
  "approval.denied": "apr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA:final",
  "approval.expired": "apr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA:final",
  "approval.cancelled": "apr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA:final",
};

const records = vectors.map(({ record }) => {
  const read = fit<LogRecord>(recordShapes[record.kind as LogRecord["kind"]], record);
  if (!read.ok) throw new Error(read.refusal);
  return read.value;
});

describe("the key of a leaf", () => {
  test.each(Object.entries(KEYS))("%s: %s", (kind, key) => {
    const keys = records.filter((record) => record.kind === kind).map((record) => leafKeyOf(record as RecordOf<SelfKeyedKind>));
    expect([...new Set(keys)]).toEqual([key]);
  });

  test.each<[boolean, string]>([
    [true, "setup"],
    [true, "passkey:AQ"],
    [true, "passkey:AQ:revoked"],
    [true, "usr_alex:role:00"],
    [false, "usr_blair:role:00"],
    [true, `apr_${"A".repeat(32)}:final`],
    [true, `apr_${"A".repeat(32)}:question:1`],
    [false, `apr_${"A".repeat(32)}:answer:1`],
    [false, `apr_${"A".repeat(32)}:redeemed`],
    [true, "grt_1:revoked"],
    [false, "grt_1:used:1"],
    [true, "stop:all:1"],
    [false, "stop:all:1:released"],
    [true, "srv_1:removed"],
    [false, "srv_1:1"],
    [true, "sgr_1"],
    [false, "con_1"],
    [true, "con_1:revoked"],
    [false, "channel:chn_1:1"],
    [true, "channel:chn_1:removed"],
    [false, "calls:agt_1:1"],
    [false, "agt_1:created"],
    [false, "policy:1"],
    [false, "genesis"],
    [false, "key.rotated:1"],
    [false, "usr_alex:erased"],
  ])("may be of a record that names somebody: %s, %s", (may, key) => {
    expect(mayName(key, "usr_alex")).toBe(may);
  });

  test("of the first person is another than a passkey's", () => {
    expect(FIRST_PERSON_KEY).toBe("setup");
  });

  test("of what happens to a request is the request's", () => {
    expect(
      (["question:2", "answer:2", "extended:1", "final", "proposal", "redeemed", "unknown", "outcome"] as const).map((fact) =>
        requestKey("apr_1", fact),
      ),
    ).toEqual([
      "apr_1:question:2",
      "apr_1:answer:2",
      "apr_1:extended:1",
      "apr_1:final",
      "apr_1:proposal",
      "apr_1:redeemed",
      "apr_1:unknown",
      "apr_1:outcome",
    ]);
  });

  test("of more time counts how often it was given", () => {
    expect(["apr_1:extended:1", "apr_1:extended:12"].map((key) => isExtensionKey(key, "apr_1"))).toEqual([true, true]);
    const others = ["apr_1:extended:0", "apr_1:extended:", "apr_1:extended:01", "apr_1:final", "apr_2:extended:1", "apr_1:question:1"];
    expect(others.filter((key) => isExtensionKey(key, "apr_1"))).toEqual([]);
  });

  test("of what is looked for without its record", () => {
    expect([enrolmentKey("AQ"), creationKey("agt_1"), rotationKey(1), rotationKey(12)]).toEqual([
      "passkey:AQ",
      "agt_1:created",
      "key.rotated:1",
      "key.rotated:12",
    ]);
  });

  test("of a rotation is in a range of its own", () => {
    expect(ROTATION_KEYS).toEqual({ from: "key.rotated:", before: "key.rotated;" });
    expect(["key.rotated:1", "key.rotated:10"].map(isRotationKey)).toEqual([true, true]);
    expect(["key.rotated", "key.rotated;", "key.rotatee:1", "genesis", "setup", "passkey:AQ", "agt_1:created"].some(isRotationKey)).toBe(
      false,
    );
  });

  test("of a change of a channel counts how often it was signed for, from its second time on", () => {
    expect(channelKey("chn_1", 2)).toBe("channel:chn_1:2");
    expect(["channel:chn_1:2", "channel:chn_1:10"].map((key) => isChannelChangeKey(key, "chn_1"))).toEqual([true, true]);
    const others = ["channel:chn_1:1", "channel:chn_1:0", "channel:chn_1:02", "channel:chn_1:removed", "channel:chn_1", "channel:chn_2:2"];
    expect(others.filter((key) => isChannelChangeKey(key, "chn_1"))).toEqual([]);
  });

  test("of a change of a server counts how often it was signed for, and its tools by themselves", () => {
    expect([serverKey("srv_1", 2), toolsKey("srv_1", 3)]).toEqual(["srv_1:2", "srv_1:tools:3"]);
    expect(["srv_1:2", "srv_1:10"].map((key) => isServerChangeKey(key, "srv_1"))).toEqual([true, true]);
    expect(["srv_1:tools:1", "srv_1:tools:10"].map((key) => isToolsKey(key, "srv_1"))).toEqual([true, true]);
    const others = ["srv_1:0", "srv_1:02", "srv_1:", "srv_1", "srv_1:removed", "srv_2:2", "srv_2:tools:2", "srv_1:tools:0", "srv_1:tools:"];
    expect(others.filter((key) => isServerChangeKey(key, "srv_1") || isToolsKey(key, "srv_1"))).toEqual([]);
    expect(isServerChangeKey("srv_1:1", "srv_1")).toBe(false);
  });

  test("of calls says whose they are, and from where on", () => {
    expect(callsKey("agt_a-1_b", 1001)).toBe("calls:agt_a-1_b:1001");
    expect(callsOfKey("calls:agt_a-1_b:1001")).toEqual({ agentId: "agt_a-1_b", from: 1_001 });
    const others = [
      "calls:agt_1:0",
      "calls:agt_1:01",
      "calls:agt_1:",
      "calls:usr_1:1",
      "agt_1:created",
      "calls:agt_1:1:1",
      "calls:agt_1:99999999999999999",
    ];
    expect(others.filter((key) => callsOfKey(key) !== null)).toEqual([]);
  });

  test("of a change of roles is that of its signatures, in any order", () => {
    const [changed] = records.filter((record) => record.kind === "role.changed");
    if (changed === undefined) throw new Error("no vector");
    const signed = (...nonces: string[]) =>
      leafKeyOf({
        ...changed,
        authorised_by: changed.authorised_by
          .slice(0, 1)
          .flatMap((one) => nonces.map((nonce) => ({ ...one, statement: { ...one.statement, nonce } }))),
      });
    expect(signed("AQ", "Ag")).toBe("usr_alex:role:eab1a5a60a900a3e502540c011f4b4e9116881db2653ee655c2eba2716d9dfa6");
    expect(signed("Ag", "AQ")).toBe(signed("AQ", "Ag"));
    expect(signed("AQ")).not.toBe(signed("AQ", "Ag"));
  });
});

test("what is sealed is the record, and says what it is, where and when", () => {
  const where = { log: "gate.example.com/log", at: "2026-11-20T09:30:00.000Z", salt: "AQ" };
  const sealed: SealedRecord<RecordOf<"key.rotated">> = seal("key.rotated", { old_vkey: "old", new_vkey: "new" }, where);
  expect(sealed).toEqual({
    record: {
      type: "countersign/record@v1",
      kind: "key.rotated",
      log: "gate.example.com/log",
      at: "2026-11-20T09:30:00.000Z",
      old_vkey: "old",
      new_vkey: "new",
    },
    salt: "AQ",
  });
});
