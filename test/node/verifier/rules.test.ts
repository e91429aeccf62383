import { beforeAll, describe, expect, it } from "vitest";
import { b64u, concat, fromB64u } from "#countersign/encoding/bytes.ts";
import type { SealedRecord } from "#countersign/documents/record.ts";
import { SoftwarePasskey } from "#countersign/testing/software-passkey.ts";
import { nodeHash } from "#countersign/tlog/merkle.ts";
import { parseReceipt, RECEIPT_CHECKS, type ReceiptFailureCode, verifyReceipt } from "#countersign/verifier.ts";
import {
  type Deciding,
  makeReceipt,
  makeWorld,
  PAYLOAD,
  personOf,
  type Recipe,
  type World,
} from "#test/support/documents/sealed-receipt.ts";

let world: World;
beforeAll(async () => {
  world = await makeWorld();
});

const TWO_OF_THREE = { name: "two people", required: 2, eligible: ["usr_alex", "usr_blair", "usr_casey"] };
const BOTH: Deciding[] = [
  { by: "alex", verdict: "approved", comment: "Fine." },
  { by: "casey", verdict: "approved" },
];

const set = (changes: Record<string, unknown>) => (document: object) => {
  Object.assign(document, changes);
};
const remove = (name: string) => (document: object) => {
  Reflect.deleteProperty(document, name);
};
/** Appends the leaves of this kind after all others. */
const moveToEnd = (kind: string) => (leaves: SealedRecord[]) => {
  leaves.sort((left, right) => Number(left.record.kind === kind) - Number(right.record.kind === kind));
};
const final = (change: (document: object) => void) => ({ final: change });
const request = (change: (document: object) => void) => ({ request: change });

/** One rule broken in each, in a receipt that is otherwise rightly signed, sealed and proven. */
const BROKEN: readonly [ReceiptFailureCode, string, Recipe][] = [
  ["malformed", "another type", { status: "approved", receipt: set({ type: "countersign/receipt@v2" }) }],
  ["malformed", "a further member", { status: "approved", receipt: set({ note: null }) }],
  ["malformed", "a missing member", { status: "approved", receipt: remove("redeemed") }],
  ["malformed", "a payload that is a list", { status: "approved", receipt: set({ payload: [] }) }],
  [
    "malformed",
    "a payload with too many levels",
    { status: "approved", receipt: set({ payload: JSON.parse(`${'{"a":'.repeat(33)}0${"}".repeat(33)}`) }) },
  ],
  ["malformed", "a payload with too many bytes", { status: "approved", receipt: set({ payload: { a: "x".repeat(65_536) } }) }],
  [
    "malformed",
    "a final record of another kind",
    { status: "approved", receipt: (one) => set({ kind: "approval.pending" })(one.final.record) },
  ],
  ["malformed", "a record of another type", { status: "approved", ...final(set({ type: "countersign/record@v2" })) }],
  ["malformed", "a further member of the record", { status: "approved", ...final(set({ note: "" })) }],
  ["malformed", "a further member of the request", { status: "approved", ...request(set({ priority: 1 })) }],
  ["malformed", "a request without its reason", { status: "approved", ...request(remove("reason")) }],
  ["malformed", "no quorum", { status: "approved", ...request(set({ quorum: [] })) }],
  ["malformed", "a slot that requires nobody", { status: "approved", ...request(set({ quorum: [{ ...TWO_OF_THREE, required: 0 }] })) }],
  ["malformed", "a grant", { status: "approved", statement: set({ grant: "grt_1" }) }],
  ["malformed", "a further member of the statement", { status: "approved", statement: set({ also: true }) }],
  ["malformed", "a further member of the assertion", { status: "approved", decision: (one) => set({ user_handle: "" })(one.assertion) }],
  ["malformed", "a time without its milliseconds", { status: "approved", ...final(set({ at: "2026-11-20T09:10:00Z" })) }],
  ["malformed", "a time of another zone", { status: "approved", ...final(set({ at: "2026-11-20T09:10:00.000+00:00" })) }],
  [
    "malformed",
    "a hash in capitals",
    { status: "approved", ...request((one) => set({ policy: { version: 0, rule: "x", hash: "A".repeat(64) } })(one)) },
  ],
  ["malformed", "padded base64url", { status: "approved", receipt: (one) => set({ salt: `${one.final.salt}=` })(one.final) }],
  ["malformed", "a short salt", { status: "approved", receipt: (one) => set({ salt: "AAAA" })(one.final) }],
  ["malformed", "a short nonce", { status: "approved", statement: set({ nonce: "AAAA" }) }],
  [
    "malformed",
    "an enrolment of another kind",
    { status: "approved", receipt: (one) => set({ kind: "passkey.revoked" })(one.passkeys[0]?.record ?? {}) },
  ],
  ["malformed", "an outcome without a redemption", { status: "approved", outcome: "succeeded", receipt: set({ redeemed: null }) }],
  ["malformed", "an outcome of another kind", { status: "approved", outcome: "succeeded", outcomeRecord: set({ kind: "call.skipped" }) }],

  ["payload_mismatch", "another payload", { status: "approved", receipt: set({ payload: { ...PAYLOAD, replicas: 4 } }) }],
  ["payload_mismatch", "a member added to the payload", { status: "denied", receipt: set({ payload: { ...PAYLOAD, extra: null } }) }],
  ["payload_mismatch", "another payload of an expired request", { status: "expired", receipt: set({ payload: {} }) }],

  [
    "statement_mismatch",
    "a request changed after signing",
    { status: "approved", final: (one) => set({ action: "Delete everything" })(one.request) },
  ],
  [
    "statement_mismatch",
    "a context added after signing",
    { status: "approved", final: (one) => set({ context: { risk: "low" } })(one.request) },
  ],
  ["statement_mismatch", "a statement about another request", { status: "approved", statement: set({ request_hash: "0".repeat(64) }) }],
  ["statement_mismatch", "a statement about another payload", { status: "approved", statement: set({ payload_hash: "0".repeat(64) }) }],
  [
    "statement_mismatch",
    "a comment of other words",
    { status: "approved", receipt: (one) => set({ text: "Looks good!" })(one.comments[0] ?? {}) },
  ],
  [
    "statement_mismatch",
    "a comment of another salt",
    { status: "approved", receipt: (one) => set({ salt: "A".repeat(43) })(one.comments[0] ?? {}) },
  ],
  [
    "statement_mismatch",
    "a comment that opens nothing",
    { status: "approved", receipt: (one) => one.comments.push({ text: "And another thing", salt: "A".repeat(43) }) },
  ],
  [
    "statement_mismatch",
    "a comment that opens one decision twice",
    { status: "approved", receipt: (one) => one.comments.push(...one.comments) },
  ],
  [
    "statement_mismatch",
    "a comment of a decision that has none",
    {
      status: "approved",
      decisions: [{ by: "alex", verdict: "approved" }],
      receipt: (one) => one.comments.push({ text: "", salt: "A".repeat(43) }),
    },
  ],
  [
    "statement_mismatch",
    "a redemption of another request",
    { status: "approved", redeemed: true, redemption: set({ request_hash: "0".repeat(64) }) },
  ],
  [
    "statement_mismatch",
    "a redemption of another payload",
    { status: "approved", redeemed: true, redemption: set({ payload_hash: "0".repeat(64) }) },
  ],
  [
    "statement_mismatch",
    "a redemption by another agent",
    { status: "approved", redeemed: true, redemption: set({ redeemed_by: { id: "agt_other", name: "release-bot" } }) },
  ],
  [
    "statement_mismatch",
    "an outcome of another request",
    { status: "approved", outcome: "failed", outcomeRecord: set({ request_hash: "0".repeat(64) }) },
  ],

  ["assertion_invalid", "a request made elsewhere", { status: "approved", ...request(set({ origin: "https://evil.example" })) }],
  ["assertion_invalid", "an expired request made elsewhere", { status: "expired", ...request(set({ origin: "https://evil.example" })) }],
  [
    "assertion_invalid",
    "an assertion made elsewhere",
    { status: "approved", ceremony: set({ origin: "https://evil.example", rpId: "gate.example.com" }) },
  ],
  ["assertion_invalid", "an assertion for another relying party", { status: "approved", ceremony: set({ rpId: "example.com" }) }],
  ["assertion_invalid", "an assertion over another challenge", { status: "approved", ceremony: set({ challenge: new Uint8Array(64) }) }],
  [
    "assertion_invalid",
    "an assertion over the statement alone",
    { status: "approved", ceremony: (one) => set({ challenge: one.challenge.subarray(0, 32) })(one) },
  ],
  [
    "assertion_invalid",
    "a verdict turned round after signing",
    { status: "approved", decisions: [{ by: "alex", verdict: "denied" }], decision: (one) => set({ verdict: "approved" })(one.statement) },
  ],
  [
    "assertion_invalid",
    "a name changed after signing",
    { status: "approved", decision: (one) => set({ approver: personOf("blair") })(one.statement) },
  ],
  [
    "assertion_invalid",
    "a nonce changed after signing",
    { status: "approved", decision: (one) => set({ nonce: "A".repeat(43) })(one.statement) },
  ],
  [
    "assertion_invalid",
    "a comment taken away after signing",
    { status: "approved", decision: (one) => set({ comment_hash: null })(one.statement), receipt: (one) => one.comments.splice(0) },
  ],
  ["assertion_invalid", "nobody verified", { status: "approved", ceremony: set({ userVerified: false }) }],
  ["assertion_invalid", "nobody present", { status: "denied", ceremony: set({ userPresent: false }) }],
  ["assertion_invalid", "a frame", { status: "approved", ceremony: set({ crossOrigin: true }) }],
  ["assertion_invalid", "a top origin", { status: "approved", ceremony: set({ topOrigin: "https://gate.example.com" }) }],
  ["assertion_invalid", "a registration", { status: "approved", ceremony: set({ type: "webauthn.create" }) }],
  [
    "assertion_invalid",
    "client data with a member twice",
    { status: "approved", ceremony: set({ clientDataText: (text: string) => text.replace("{", '{"type":"webauthn.get",') }) },
  ],
  [
    "assertion_invalid",
    "a signature that is not strict DER",
    { status: "approved", ceremony: set({ signature: (der: Uint8Array) => concat(der, Uint8Array.of(0)) }) },
  ],
  [
    "assertion_invalid",
    "a signature of something else",
    { status: "approved", ceremony: set({ signature: (der: Uint8Array) => der.with(-1, (der.at(-1) ?? 0) ^ 1) }) },
  ],
  [
    "assertion_invalid",
    "a key with a byte after it",
    {
      status: "approved",
      enrolment: ({ credential }) =>
        set({ public_key: b64u(concat(fromB64u(credential.public_key) ?? new Uint8Array(), Uint8Array.of(0))) })(credential),
    },
  ],
  [
    "assertion_invalid",
    "an algorithm that is not the key's",
    { status: "approved", enrolment: (one) => set({ alg: -257 })(one.credential) },
  ],
  [
    "assertion_invalid",
    "one of two assertions wrong",
    { status: "approved", decisions: BOTH, ceremony: (one, index) => (index === 1 ? set({ userVerified: false })(one) : undefined) },
  ],

  ["not_enrolled", "no enrolment", { status: "approved", receipt: (one) => one.passkeys.splice(0) }],
  ["not_enrolled", "an enrolment of somebody who signed nothing", { status: "approved", furtherEnrolments: ["blair"] }],
  ["not_enrolled", "an enrolment where nobody signed", { status: "expired", furtherEnrolments: ["blair"] }],
  ["not_enrolled", "an enrolment twice", { status: "approved", receipt: (one) => one.passkeys.push(...one.passkeys) }],
  ["not_enrolled", "another person's passkey", { status: "approved", statement: set({ approver: personOf("blair") }) }],
  [
    "not_enrolled",
    "a passkey under another user name",
    { status: "approved", statement: set({ approver: { id: "usr_alex", username: "alexandra" } }) },
  ],
  [
    "not_enrolled",
    "a passkey under another person's id",
    { status: "approved", statement: set({ approver: { id: "usr_blair", username: "alex" } }) },
  ],
  ["not_enrolled", "an unknown credential", { status: "approved", decision: set({ credential_id: "AAAA" }) }],

  ["verdict_mismatch", "a denial recorded as approved", { status: "approved", decisions: [{ by: "alex", verdict: "denied" }] }],
  [
    "verdict_mismatch",
    "a denial beside enough approvals",
    {
      status: "approved",
      decisions: [
        { by: "alex", verdict: "approved" },
        { by: "blair", verdict: "denied" },
      ],
    },
  ],
  ["verdict_mismatch", "an approval recorded as denied", { status: "denied", decisions: [{ by: "alex", verdict: "approved" }] }],
  ["verdict_mismatch", "nobody's denial", { status: "denied", decisions: [] }],
  [
    "verdict_mismatch",
    "two denials",
    {
      status: "denied",
      decisions: [
        { by: "alex", verdict: "denied" },
        { by: "blair", verdict: "denied" },
      ],
    },
  ],
  [
    "verdict_mismatch",
    "a decision after the denial",
    {
      status: "denied",
      decisions: [
        { by: "alex", verdict: "denied" },
        { by: "blair", verdict: "approved" },
      ],
    },
  ],
  ["verdict_mismatch", "a denial recorded as expired", { status: "expired", decisions: [{ by: "alex", verdict: "denied" }] }],
  ["verdict_mismatch", "a denial recorded as cancelled", { status: "cancelled", decisions: [{ by: "alex", verdict: "denied" }] }],
  ["verdict_mismatch", "enough approvals recorded as expired", { status: "expired", decisions: [{ by: "alex", verdict: "approved" }] }],
  ["verdict_mismatch", "approved by a deadline", { status: "approved", ...final(set({ ended_by: "deadline" })) }],
  ["verdict_mismatch", "denied by the requester", { status: "denied", ...final(set({ ended_by: "requester" })) }],
  ["verdict_mismatch", "expired by passkeys", { status: "expired", ...final(set({ ended_by: "passkeys" })) }],
  ["verdict_mismatch", "cancelled by a deadline", { status: "cancelled", ...final(set({ ended_by: "deadline" })) }],
  ["verdict_mismatch", "a denied request that was redeemed", { status: "denied", redeemed: true }],
  ["verdict_mismatch", "an expired request that was redeemed", { status: "expired", outcome: "unknown" }],

  ["quorum_not_met", "approved by nobody", { status: "approved", decisions: [] }],
  ["quorum_not_met", "approved by one where two are required", { status: "approved", ...request(set({ quorum: [TWO_OF_THREE] })) }],
  [
    "quorum_not_met",
    "approved twice by one person",
    {
      status: "approved",
      decisions: [
        { by: "alex", verdict: "approved" },
        { by: "alex", verdict: "approved" },
      ],
      ...request(set({ quorum: [TWO_OF_THREE] })),
    },
  ],
  [
    "quorum_not_met",
    "approved by somebody not eligible",
    { status: "approved", ...request(set({ quorum: [{ name: "others", required: 1, eligible: ["usr_blair"] }] })) },
  ],
  [
    "quorum_not_met",
    "one person in two slots",
    {
      status: "approved",
      ...request(
        set({
          quorum: [
            { name: "a", required: 1, eligible: ["usr_alex"] },
            { name: "b", required: 1, eligible: ["usr_alex", "usr_blair"] },
          ],
        }),
      ),
    },
  ],
  [
    "quorum_not_met",
    "denied by somebody not eligible",
    { status: "denied", ...request(set({ quorum: [{ name: "others", required: 1, eligible: ["usr_blair"] }] })) },
  ],

  [
    "times_out_of_order",
    "a deadline before the request",
    { status: "cancelled", ...request(set({ expires_at: "2026-11-20T08:59:59.999Z" })) },
  ],
  ["times_out_of_order", "a deadline at the request", { status: "cancelled", ...request(set({ expires_at: "2026-11-20T09:00:00.000Z" })) }],
  ["times_out_of_order", "a use-by before the deadline", { status: "approved", ...request(set({ use_by: "2026-11-20T09:14:59.999Z" })) }],
  ["times_out_of_order", "a decision before the request", { status: "approved", decision: set({ at: "2026-11-20T08:59:59.999Z" }) }],
  [
    "times_out_of_order",
    "a decision at the deadline",
    { status: "approved", decision: set({ at: "2026-11-20T09:15:00.000Z" }), ...final(set({ at: "2026-11-20T09:15:00.000Z" })) },
  ],
  [
    "times_out_of_order",
    "decisions in the wrong order",
    { status: "approved", decisions: BOTH, decision: (one, index) => set({ at: `2026-11-20T09:0${9 - index}:00.000Z` })(one) },
  ],
  ["times_out_of_order", "an end before the last decision", { status: "approved", ...final(set({ at: "2026-11-20T09:04:59.999Z" })) }],
  ["times_out_of_order", "an end before the request", { status: "cancelled", ...final(set({ at: "2026-11-20T08:59:59.999Z" })) }],
  ["times_out_of_order", "expired before the deadline", { status: "expired", ...final(set({ at: "2026-11-20T09:14:59.999Z" })) }],
  [
    "times_out_of_order",
    "redeemed before the end",
    { status: "approved", redeemed: true, redemption: set({ at: "2026-11-20T09:09:59.999Z" }) },
  ],
  [
    "times_out_of_order",
    "redeemed after its use-by",
    { status: "approved", redeemed: true, redemption: set({ at: "2026-11-20T10:15:00.001Z" }) },
  ],
  [
    "times_out_of_order",
    "an outcome before the end",
    { status: "approved", outcome: "failed", outcomeRecord: set({ at: "2026-11-20T09:09:59.999Z" }) },
  ],

  [
    "not_included",
    "a final record that is not the logged one",
    { status: "cancelled", receipt: (one) => set({ at: "2026-11-20T09:11:00.000Z" })(one.final.record) },
  ],
  ["not_included", "another salt", { status: "approved", receipt: (one) => set({ salt: "A".repeat(43) })(one.final) }],
  [
    "not_included",
    "an enrolment that is not the logged one",
    { status: "approved", receipt: (one) => set({ roles: ["admin"] })(one.passkeys[0]?.record ?? {}) },
  ],
  [
    "not_included",
    "a redemption that is not the logged one",
    { status: "approved", redeemed: true, receipt: (one) => set({ at: "2026-11-20T09:22:00.000Z" })(one.redeemed?.record ?? {}) },
  ],
  [
    "not_included",
    "an outcome that is not the logged one",
    { status: "approved", outcome: "failed", receipt: (one) => set({ kind: "call.succeeded" })(one.outcome?.record ?? {}) },
  ],
  [
    "not_included",
    "another index",
    { status: "approved", proof: (one, leaf) => (leaf === "final" ? set({ index: one.index + 1 })(one) : undefined) },
  ],
  [
    "not_included",
    "an index beyond the tree",
    { status: "approved", proof: (one, leaf) => (leaf === "final" ? set({ index: 1_000 })(one) : undefined) },
  ],
  ["not_included", "a path cut short", { status: "approved", proof: (one, leaf) => (leaf === "final" ? one.path.pop() : undefined) }],
  [
    "not_included",
    "a path that goes on",
    { status: "approved", proof: (one) => one.path.push(nodeHash(new Uint8Array(32), new Uint8Array(32))) },
  ],
  ["not_included", "another path", { status: "approved", proof: (one, leaf) => (leaf === "enrolment" ? one.path.reverse() : undefined) }],
  ["not_included", "a proof that is no proof", { status: "approved", receipt: (one) => set({ proof: "proof" })(one.final) }],
  [
    "not_included",
    "a proof with something unsigned in it",
    { status: "approved", receipt: (one) => set({ proof: one.final.proof.replace("\nindex", "\nextra AAAA\nindex") })(one.final) },
  ],
  [
    "not_included",
    "an enrolment's proof that is no proof",
    { status: "approved", receipt: (one) => set({ proof: "proof" })(one.passkeys[0] ?? {}) },
  ],
  [
    "not_included",
    "proofs for two checkpoints",
    {
      status: "approved",
      proof: (one, leaf) => (leaf === "enrolment" ? set({ checkpoint: `${one.checkpoint}— witness.example AAAAAAAA\n` })(one) : undefined),
    },
  ],
  ["not_included", "a final record of another log", { status: "cancelled", ...final(set({ log: "other.example/log" })) }],
  ["not_included", "an enrolment in another log", { status: "approved", enrolment: set({ log: "other.example/log" }) }],
  ["not_included", "a redemption in another log", { status: "approved", redeemed: true, redemption: set({ log: "other.example/log" }) }],
  [
    "not_included",
    "an outcome in another log",
    { status: "approved", outcome: "failed", outcomeRecord: set({ log: "other.example/log" }) },
  ],
  ["not_included", "a checkpoint of another log", { status: "cancelled", checkpoint: set({ origin: "other.example/log" }) }],
  ["not_included", "a checkpoint of another size", { status: "cancelled", checkpoint: set({ size: 70_000 }) }],
  ["not_included", "a checkpoint of another root", { status: "cancelled", checkpoint: set({ root: new Uint8Array(32) }) }],
  ["not_included", "an enrolment after the end", { status: "approved", log: moveToEnd("passkey.enrolled") }],
  ["not_included", "an end after the redemption", { status: "approved", redeemed: true, log: moveToEnd("approval.approved") }],
  ["not_included", "a redemption after the outcome", { status: "approved", outcome: "succeeded", log: moveToEnd("approval.redeemed") }],

  ["checkpoint_invalid", "a checkpoint that is no note", { status: "cancelled", proof: set({ checkpoint: "checkpoint" }) }],
  [
    "checkpoint_invalid",
    "a note that is no checkpoint",
    { status: "cancelled", proof: (one) => set({ checkpoint: one.checkpoint.replace(/\n[0-9]+\n/, "\nmany\n") })(one) },
  ],
  [
    "checkpoint_invalid",
    "another signature",
    { status: "cancelled", proof: (one) => set({ checkpoint: one.checkpoint.replace(/[^=]{6}(=*)\n$/, "AAAAAA$1\n") })(one) },
  ],
  [
    "checkpoint_invalid",
    "a signature by an unknown key alone",
    { status: "cancelled", proof: (one) => set({ checkpoint: one.checkpoint.replace(/— .*\n$/, "— witness.example AAAAAAAA\n") })(one) },
  ],
  [
    "checkpoint_invalid",
    "a further line that is not signed",
    { status: "cancelled", proof: (one) => set({ checkpoint: one.checkpoint.replace("\n\n", "\nextension\n\n") })(one) },
  ],
];

describe("a receipt with one rule broken, otherwise rightly signed, sealed and proven", () => {
  it.each(BROKEN)("is refused as %s: %s", async (code, _, recipe) => {
    const { text } = await makeReceipt(world, recipe);
    const receipt = parseReceipt(text);
    const held: ReceiptFailureCode[] = receipt.ok ? ["malformed"] : [];
    const verified = receipt.ok ? await verifyReceipt(receipt.value, world.trust, (check) => held.push(check)) : receipt;
    expect(verified.ok ? "valid" : verified.refusal.code).toBe(code);
    // What holds before the failure is told, and nothing else: leaves under a checkpoint that cannot be read were not looked at.
    const before = RECEIPT_CHECKS.slice(0, RECEIPT_CHECKS.indexOf(code));
    const isUnreadable = !verified.ok && /is not a (signed note|checkpoint)\.$/.test(verified.refusal.message);
    expect(held).toEqual(isUnreadable ? before.filter((check) => check !== "not_included") : before);
  });

  it("is refused for what it says, and not for how these tests change it", async () => {
    const unchanged = new Map(
      BROKEN.map(([, , { status, redeemed, outcome }]) => [`${status} ${outcome ?? redeemed ?? ""}`, { status, redeemed, outcome }]),
    );
    for (const { status, redeemed, outcome } of unchanged.values()) {
      if (status !== "approved" && (redeemed || outcome)) continue;
      const { receipt } = await makeReceipt(world, { status, ...(redeemed && { redeemed }), ...(outcome && { outcome }) });
      expect(await verifyReceipt(receipt, world.trust)).toMatchObject({ ok: true });
    }
  });
});

describe("a public key that signed for two people", () => {
  /** Casey's passkey is the same key as Alex's, under another credential id. */
  const makeShared = async (recipe: Recipe) => {
    const twin = { ...(await world.passkeys.alex.keep()), credential_id: world.passkeys.casey.credentialId, person: "usr_casey" };
    const passkeys = { ...world.passkeys, casey: await SoftwarePasskey.from(twin) };
    const parsed = parseReceipt((await makeReceipt({ ...world, passkeys }, recipe)).text);
    if (!parsed.ok) throw new Error(parsed.refusal.message);
    return verifyReceipt(parsed.value, world.trust);
  };
  const two = request(set({ quorum: [TWO_OF_THREE] }));

  it("counts once in a quorum", async () => {
    const message = "The people who approved are not enough for what the request asks. Two of them signed with one key, which counts once.";
    expect(await makeShared({ status: "approved", decisions: BOTH, ...two })).toEqual({
      ok: false,
      refusal: { code: "quorum_not_met", message },
    });
  });

  it("takes nothing from a quorum that is met without it", async () => {
    const withBlair: Deciding[] = [...BOTH, { by: "blair", verdict: "approved" }];
    expect((await makeShared({ status: "approved", decisions: withBlair, ...two })).ok).toBe(true);
  });

  it("does not make an expired request one that enough people approved", async () => {
    expect((await makeShared({ status: "expired", decisions: BOTH, ...two })).ok).toBe(true);
  });
});
