import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { keyFingerprint } from "#countersign/receipt-rules.ts";
import { makeSigner, makeVkey } from "#countersign/tlog/note.ts";
import {
  parseReceipt,
  type ReceiptFailureCode,
  type Status,
  type Trust,
  trustProblem,
  type ReceiptVerdict,
  verifyReceipt,
} from "#countersign/verifier.ts";
import {
  AGENT,
  type Deciding,
  LOG_ORIGIN,
  makeReceipt,
  makeWorld,
  ORIGIN,
  personOf,
  type Recipe,
  type World,
} from "#test/support/documents/sealed-receipt.ts";
import { SoftwarePasskey } from "#countersign/testing/software-passkey.ts";

let world: World;
beforeAll(async () => {
  world = await makeWorld();
});

/** The verdict, or the code of the first check that failed. */
async function judge(recipe: Recipe, trust: Trust = world.trust): Promise<ReceiptVerdict | ReceiptFailureCode> {
  const { text } = await makeReceipt(world, recipe);
  return await judgeText(text, trust);
}
async function judgeText(text: string, trust: Trust = world.trust): Promise<ReceiptVerdict | ReceiptFailureCode> {
  const receipt = parseReceipt(text);
  if (!receipt.ok) return receipt.refusal.code;
  const verified = await verifyReceipt(receipt.value, trust);
  if (!verified.ok) expect(verified.refusal.message).toMatch(/^[^\n]+\.$/);
  return verified.ok ? verified.value : verified.refusal.code;
}

const TWO_OF_THREE = { name: "two people", required: 2, eligible: ["usr_alex", "usr_blair", "usr_casey"] };
const BOTH: Deciding[] = [
  { by: "alex", verdict: "approved", comment: "Fine." },
  { by: "casey", verdict: "approved" },
];

describe("a receipt that is right", () => {
  const network = ["fetch", "WebSocket", "XMLHttpRequest", "EventSource"];
  beforeEach(() => {
    for (const name of network) {
      vi.stubGlobal(name, () => {
        throw new Error(`${name} was used`);
      });
    }
  });
  afterEach(() => vi.unstubAllGlobals());

  it.each<[Status, Partial<ReceiptVerdict>]>([
    ["approved", { endedBy: "passkeys", endedAt: "2026-11-20T09:10:00.000Z" }],
    ["denied", { endedBy: "passkeys", endedAt: "2026-11-20T09:10:00.000Z" }],
    ["expired", { endedBy: "deadline", endedAt: "2026-11-20T09:15:00.000Z", decisions: [] }],
    ["cancelled", { endedBy: "requester", endedAt: "2026-11-20T09:10:00.000Z", decisions: [] }],
  ])("verifies when %s, without any network", async (status, expected) => {
    expect(await judge({ status })).toMatchObject({
      status,
      ...expected,
      redeemed: null,
      outcome: null,
      keys: "as enrolled by this operator",
    });
  });

  it("tells who decided what, and what became of it", async () => {
    const verdict = await judge({
      status: "approved",
      decisions: BOTH,
      outcome: "succeeded",
      request: (request) => request.quorum.splice(0, 1, TWO_OF_THREE),
    });
    const key = (name: "alex" | "casey") => keyFingerprint(world.passkeys[name].publicKey);
    expect(verdict).toMatchObject({
      status: "approved",
      request: { action: "Deploy api to production", quorum: [TWO_OF_THREE] },
      decisions: [
        {
          person: personOf("alex"),
          verdict: "approved",
          at: "2026-11-20T09:05:00.000Z",
          comment: "Fine.",
          commentErased: false,
          keyFingerprint: key("alex"),
        },
        {
          person: personOf("casey"),
          verdict: "approved",
          at: "2026-11-20T09:06:00.000Z",
          comment: null,
          commentErased: false,
          keyFingerprint: key("casey"),
        },
      ],
      redeemed: { at: "2026-11-20T09:20:00.000Z", by: { id: AGENT.id, name: AGENT.name } },
      outcome: { at: "2026-11-20T09:21:00.000Z", status: "succeeded" },
      log: { origin: LOG_ORIGIN, size: 9, index: 5 },
    });
  });

  it("verifies with every kind of passkey, slot and outcome", async () => {
    for (const by of ["alex", "blair", "casey"] as const) {
      expect(await judge({ status: "approved", decisions: [{ by, verdict: "approved" }], redeemed: true })).toMatchObject({
        status: "approved",
      });
    }
    for (const outcome of ["succeeded", "failed", "unknown"] as const) {
      expect(await judge({ status: "approved", outcome })).toMatchObject({ outcome: { status: outcome } });
    }
    for (const ended_by of ["requester", "stop", "revocation"] as const) {
      expect(await judge({ status: "cancelled", final: (record) => Object.assign(record, { ended_by }) })).toMatchObject({
        endedBy: ended_by,
      });
    }
  });

  it("verifies with the comments erased", async () => {
    const verdict = await judge({ status: "denied", receipt: (receipt) => receipt.comments.splice(0) });
    expect(verdict).toMatchObject({ decisions: [{ comment: null, commentErased: true }] });
  });

  it("keeps earlier approvals in a denial, a cancellation and an expiry", async () => {
    const twoNeeded: Recipe["request"] = (request) => request.quorum.splice(0, 1, TWO_OF_THREE);
    const approvalThenDenial: Recipe["decisions"] = [
      { by: "blair", verdict: "approved", comment: "same" },
      { by: "alex", verdict: "denied", comment: "same" },
    ];
    expect(await judge({ status: "denied", decisions: approvalThenDenial, request: twoNeeded })).toMatchObject({ status: "denied" });
    const oneApproval: Recipe["decisions"] = [{ by: "blair", verdict: "approved" }];
    expect(await judge({ status: "cancelled", decisions: oneApproval, request: twoNeeded })).toMatchObject({ status: "cancelled" });
    expect(await judge({ status: "expired", decisions: oneApproval, request: twoNeeded })).toMatchObject({ status: "expired" });
  });

  it("verifies on named keys, and says so", async () => {
    const fingerprints = new Set([keyFingerprint(world.passkeys.alex.publicKey), "0".repeat(64)]);
    const named = { ...world.trust, approvers: new Map([["usr_alex", fingerprints]]) };
    expect(await judge({ status: "approved" }, named)).toMatchObject({ keys: "named by the verifier" });
    expect(await judge({ status: "expired" }, named)).toMatchObject({ status: "expired" });
  });

  it("may stand alone in its log", async () => {
    const alone: Recipe["log"] = (leaves) =>
      leaves.splice(0, leaves.length, ...leaves.filter(({ record }) => record.kind === "approval.cancelled"));
    expect(await judge({ status: "cancelled", log: alone })).toMatchObject({ log: { size: 1, index: 0 } });
  });

  it("may be written with other white space and another order of members", async () => {
    const { receipt } = await makeReceipt(world, { status: "approved" });
    const reversed = Object.fromEntries(Object.entries(receipt).toReversed());
    expect(await judgeText(JSON.stringify(reversed, null, 4))).toMatchObject({ status: "approved" });
  });
});

describe("a receipt under other trust", () => {
  it("is refused with another log key, of whatever name", async () => {
    const other = await makeSigner(LOG_ORIGIN, sha256(utf8("another log key")));
    expect(await judge({ status: "approved", signer: other })).toBe("checkpoint_invalid");
    expect(await judge({ status: "approved" }, { ...world.trust, vkey: makeVkey(LOG_ORIGIN, other.publicKey) })).toBe("checkpoint_invalid");
    const otherName = makeVkey("other.example/log", world.signer.publicKey);
    expect(await judge({ status: "approved" }, { ...world.trust, vkey: otherName })).toBe("checkpoint_invalid");
  });

  it("is refused if the checkpoint's key is not named as its log", async () => {
    const renamed: Recipe = {
      status: "cancelled",
      final: (record) => Object.assign(record, { log: "other.example/log" }),
      checkpoint: (checkpoint) => Object.assign(checkpoint, { origin: "other.example/log" }),
    };
    expect(await judge(renamed)).toBe("checkpoint_invalid");
    const signer = await makeSigner("other.example/log", sha256(utf8("a log key for tests")));
    expect(await judge({ ...renamed, signer })).toBe("checkpoint_invalid");
    const itsOwn = { ...world.trust, vkey: makeVkey("other.example/log", signer.publicKey) };
    expect(await judge({ ...renamed, signer }, itsOwn)).toMatchObject({ log: { origin: "other.example/log" } });
  });

  it("is refused at another origin, with decisions or without", async () => {
    for (const status of ["approved", "denied", "expired", "cancelled"] as const) {
      expect(await judge({ status }, { ...world.trust, origin: "https://gate.example.org" })).toBe("assertion_invalid");
    }
  });

  it("is refused unless every decision is by a named person with a named key", async () => {
    const stranger = await SoftwarePasskey.create();
    const { alex, casey } = world.passkeys;
    const named = (...pairs: [string, string][]) => ({
      ...world.trust,
      approvers: new Map(pairs.map(([person, publicKey]) => [person, new Set([keyFingerprint(publicKey)])])),
    });
    const two: Recipe = { status: "approved", decisions: BOTH };
    expect(await judge(two, named(["usr_alex", alex.publicKey], ["usr_casey", casey.publicKey]))).toMatchObject({ status: "approved" });
    expect(await judge(two, named(["usr_alex", alex.publicKey]))).toBe("not_enrolled");
    expect(await judge(two, named(["usr_alex", stranger.publicKey], ["usr_casey", casey.publicKey]))).toBe("not_enrolled");
    expect(await judge(two, named(["usr_alex", casey.publicKey], ["usr_casey", alex.publicKey]))).toBe("not_enrolled");
    expect(await judge(two, { ...world.trust, approvers: new Map() })).toBe("not_enrolled");
  });
});

describe("trust", () => {
  it.each<[string, Partial<Trust>]>([
    ["a key that is no key", { vkey: "gate.example.com/log" }],
    ["a key whose id is not its own", { vkey: "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k" }],
    ["an origin with a path", { origin: "https://gate.example.com/" }],
    ["a person that is no id", { approvers: new Map([["alex", new Set(["0".repeat(64)])]]) }],
    ["a fingerprint in capitals", { approvers: new Map([["usr_alex", new Set(["A".repeat(64)])]]) }],
  ])("cannot be %s", async (_, change) => {
    const trust = { ...world.trust, ...change };
    expect(trustProblem(trust)).not.toBeNull();
    const { receipt } = await makeReceipt(world, { status: "expired" });
    await expect(verifyReceipt(receipt, trust)).rejects.toThrow(TypeError);
  });

  it("is fine as it is", () => {
    expect(trustProblem(world.trust)).toBeNull();
    expect(world.trust.origin).toBe(ORIGIN);
  });
});

describe("the text of a receipt", () => {
  it.each([
    ["nothing", () => ""],
    ["no JSON", () => "receipt"],
    ["a list", () => "[]"],
    ["a byte order mark", (text: string) => `\ufeff${text}`],
    ["something after it", (text: string) => `${text}{}`],
    ["a member twice", (text: string) => text.replace("{", '{"payload":{},')],
    ["a member twice deep inside", (text: string) => text.replace('"verdict":', '"verdict":"denied","verdict":')],
    ["a prototype", (text: string) => text.replace("{", '{"__proto__":{},')],
    ["a number that loses digits", (text: string) => text.replace('"replicas":3', '"replicas":3.00000000000000000001')],
    ["minus zero", (text: string) => text.replace('"version":0', '"version":-0')],
    ["half a surrogate pair", (text: string) => text.replace("Ticket", String.raw`\ud800`)],
  ])("is refused with %s", async (_, change) => {
    const { text } = await makeReceipt(world, { status: "approved" });
    expect(await judgeText(change(text))).toBe("malformed");
  });
});
