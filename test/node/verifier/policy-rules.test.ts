/** What a verifier holds of receipts of version 2: each rule with a receipt that breaks it alone, otherwise rightly signed, sealed and proven. */
import { beforeAll, describe, expect, it } from "vitest";
import type { SealedRecord } from "#countersign/documents/record.ts";
import type { RequestV2 } from "#countersign/documents/request.ts";
import { SoftwarePasskey } from "#countersign/testing/software-passkey.ts";
import { parseReceipt, RECEIPT_CHECKS, type ReceiptFailureCode, verifyReceipt } from "#countersign/verifier.ts";
import { makePolicyReceipt, type PolicyRecipe } from "#test/support/documents/policy-receipt.ts";
import { type Deciding, makeReceipt, makeWorld, personOf, type World } from "#test/support/documents/sealed-receipt.ts";

let world: World;
beforeAll(async () => {
  world = await makeWorld();
});

const ALL_BASES = ["policy", "grant", "timeout"] as const;

const set = (changes: Record<string, unknown>) => (document: object) => {
  Object.assign(document, changes);
};
type Asked = (request: RequestV2) => void;
/** Changes the only slot. */
const slot =
  (changes: Record<string, unknown>): Asked =>
  ({ quorum }) => {
    Object.assign(quorum[0] ?? {}, changes);
  };
const context =
  (changes: Record<string, unknown>): Asked =>
  (request) => {
    Object.assign(request.context, changes);
  };
/** Who called whom, by ids; names are the ids without their beginning. */
const chain = (...ids: string[]): Asked => context({ chain: ids.map((id) => ({ id, name: id.slice("agt_".length) })) });
const leafToEnd = (kind: string) => (leaves: SealedRecord[]) => {
  leaves.sort((left, right) => Number(left.record.kind === kind) - Number(right.record.kind === kind));
};
const by = (...deciding: [Deciding["by"], Deciding["verdict"]][]): Deciding[] => deciding.map(([name, verdict]) => ({ by: name, verdict }));
const at = (clock: string) => `2026-11-20T${clock}.000Z`;
const LEAF = { record: {}, salt: "A".repeat(43), proof: "x" };
const GRANT = {
  id: "grt_1",
  rule: "reads",
  agent: "agt_release-bot",
  server: null,
  tool: "read",
  schema_hash: null,
  fixed: [{ pointer: "/a", value: [1] }],
  free: [{ pointer: "/b", bound: { from: 0, to: 5 } }],
  uses: 5,
  until: at("12:00:00"),
};

const escalated = (...from: string[]) => slot({ escalations: from.map((clock) => ({ from: at(clock), eligible: ["usr_blair"] })) });
const TWO_SLOTS: Asked = ({ quorum }) => {
  quorum.push({ name: "second", required: 1, eligible: ["usr_dana2"], escalations: [] });
};

const VALID: readonly [string, PolicyRecipe][] = [
  ["approved by somebody from the beginning", { status: "approved" }],
  [
    "approved by somebody from the very moment of an escalation",
    { status: "approved", decisions: by(["alex", "denied"], ["blair", "approved"]) },
  ],
  ["denied by as many as it takes", { status: "denied", decisions: by(["alex", "denied"], ["blair", "denied"]) }],
  [
    "denied after an approval that was not enough",
    { status: "denied", decisions: by(["alex", "approved"], ["blair", "denied"], ["casey", "denied"]), request: slot({ required: 3 }) },
  ],
  ["expired with a denial fewer than it takes", { status: "expired", decisions: by(["alex", "denied"]) }],
  ["cancelled with a denial fewer than it takes", { status: "cancelled", decisions: by(["alex", "denied"]) }],
  [
    "approved under one signature with another decision",
    { status: "approved", decisions: [{ by: "alex", verdict: "approved", batched: true }] },
  ],
  ["used, with the agent's words", { status: "approved", outcome: "failed", detail: "Timed out." }],
  ["used in the last moment that it may be", { status: "approved", redeemed: true, redemption: set({ at: at("10:10:00") }) }],
  ["passed by a rule", { status: "approved", basis: "policy", outcome: "succeeded" }],
  ["asked by an agent below another", { status: "approved", request: chain("agt_planner", "agt_release-bot") }],
  ["passed for want of an answer", { status: "approved", basis: "timeout", redeemed: true }],
  ["with steps of escalation at the same moment", { status: "approved", request: escalated("09:05:00", "09:05:00") }],
  ["of a policy that is not in it", { status: "approved", receipt: set({ policy: null }) }],
  ["of words that are not kept", { status: "approved", outcome: "failed", detail: "Timed out.", receipt: set({ detail: null }) }],
];

const BROKEN: readonly [ReceiptFailureCode, string, PolicyRecipe][] = [
  ["malformed", "a receipt of version 1", { status: "approved", receipt: set({ type: "countersign/receipt@v1" }) }],
  [
    "malformed",
    "a payload where the type says there is none",
    { status: "approved", receipt: set({ type: "countersign/receipt-without-payload@v2" }) },
  ],
  ["malformed", "no payload where the type says there is one", { status: "approved", receipt: set({ payload: null }) }],
  ["malformed", "without a member of version 2", { status: "approved", receipt: (one) => Reflect.deleteProperty(one, "steps") }],
  ["malformed", "an unknown member of the context", { status: "approved", request: context({ priority: 1 }) }],
  ["malformed", "no denials", { status: "approved", request: set({ denials: 0 }) }],
  ["malformed", "a statement of version 1", { status: "approved", statement: set({ type: "countersign/statement@v1" }) }],
  [
    "malformed",
    "a decision that does not say whether it is of a batch",
    { status: "approved", decision: (one) => Reflect.deleteProperty(one, "batch") },
  ],
  [
    "malformed",
    "a batch of one",
    { status: "approved", decisions: [{ by: "alex", verdict: "approved", batched: true }], batch: ({ statements }) => statements.pop() },
  ],
  [
    "malformed",
    "a batch that is not sorted",
    {
      status: "approved",
      decisions: [{ by: "alex", verdict: "approved", batched: true }],
      batch: ({ statements }) => statements.reverse(),
    },
  ],
  [
    "malformed",
    "a batch that names one twice",
    {
      status: "approved",
      decisions: [{ by: "alex", verdict: "approved", batched: true }],
      batch: ({ statements }) => statements.push(statements.at(-1) ?? ""),
    },
  ],
  ["malformed", "a basis that there is not", { status: "approved", basis: "policy", passed: set({ basis: "habit" }) }],
  ["malformed", "decisions of what passed", { status: "approved", basis: "policy", passed: set({ decisions: [] }) }],
  ["statement_mismatch", "a grant for something else", { status: "approved", statement: set({ grant: GRANT }) }],
  ["malformed", "passed by a grant", { status: "approved", basis: "grant" }],
  ["malformed", "passed by a rule and a grant", { status: "approved", basis: "policy", passed: set({ grant: { id: "grt_1", use: 1 } }) }],
  ["statement_mismatch", "a chain that ends with another agent", { status: "approved", request: chain("agt_release-bot", "agt_planner") }],
  ["malformed", "a chain of one agent", { status: "approved", request: chain("agt_release-bot") }],
  ["malformed", "a chain with somebody twice", { status: "approved", request: chain("agt_release-bot", "agt_release-bot") }],
  ["malformed", "a plan", { status: "approved", request: context({ plan: true }) }],
  ["malformed", "steps of a plan", { status: "approved", receipt: set({ steps: [{ redeemed: LEAF, outcome: null }] }) }],
  ["malformed", "an outcome without a redemption", { status: "approved", outcome: "failed", receipt: set({ redeemed: null }) }],

  ["statement_mismatch", "another version of the policy", { status: "approved", policy: set({ version: 2 }) }],
  ["statement_mismatch", "another policy of that version", { status: "approved", policy: set({ hash: "8".repeat(64) }) }],
  [
    "statement_mismatch",
    "other words about the outcome",
    { status: "approved", outcome: "failed", detail: "Timed out.", receipt: ({ detail }) => set({ text: "Done." })(detail ?? {}) },
  ],
  [
    "statement_mismatch",
    "words about an outcome that commits to none",
    { status: "approved", outcome: "failed", receipt: set({ detail: { text: "", salt: "A".repeat(43) } }) },
  ],
  [
    "statement_mismatch",
    "words about no outcome",
    { status: "approved", receipt: set({ detail: { text: "Done.", salt: "A".repeat(43) } }) },
  ],
  [
    "statement_mismatch",
    "a batch of other statements",
    {
      status: "approved",
      decisions: [{ by: "alex", verdict: "approved", batched: true }],
      batch: set({ statements: ["1".repeat(64), "2".repeat(64)] }),
    },
  ],
  [
    "statement_mismatch",
    "a comment where nobody decided",
    { status: "approved", basis: "policy", receipt: ({ comments }) => comments.push({ text: "Fine.", salt: "A".repeat(43) }) },
  ],

  [
    "assertion_invalid",
    "a batch that was signed as something else",
    {
      status: "approved",
      decisions: [{ by: "alex", verdict: "approved", batched: true }],
      ceremony: set({ challenge: new Uint8Array(64) }),
    },
  ],
  [
    "assertion_invalid",
    "a batch with another nonce",
    {
      status: "approved",
      decisions: [{ by: "alex", verdict: "approved", batched: true }],
      decision: ({ batch }) => set({ nonce: "A".repeat(43) })(batch ?? {}),
    },
  ],
  [
    "assertion_invalid",
    "a batch with another statement",
    {
      status: "approved",
      decisions: [{ by: "alex", verdict: "approved", batched: true }],
      decision: ({ batch }) => batch?.statements.push("f".repeat(64)),
    },
  ],
  [
    "assertion_invalid",
    "a batch that is said to be none",
    { status: "approved", decisions: [{ by: "alex", verdict: "approved", batched: true }], decision: set({ batch: null }) },
  ],
  [
    "assertion_invalid",
    "passed at another origin",
    { status: "approved", basis: "policy", request: set({ origin: "https://evil.example" }) },
  ],

  ["not_enrolled", "an enrolment where nobody is asked", { status: "approved", basis: "policy", furtherEnrolments: ["alex"] }],

  ["verdict_mismatch", "denied by fewer than it takes", { status: "denied" }],
  [
    "verdict_mismatch",
    "denied by more than it takes",
    { status: "denied", decisions: by(["alex", "denied"], ["blair", "denied"], ["casey", "denied"]) },
  ],
  [
    "verdict_mismatch",
    "denied, and approved after that",
    { status: "denied", decisions: by(["alex", "denied"], ["blair", "denied"], ["casey", "approved"]) },
  ],
  [
    "verdict_mismatch",
    "approved with as many denials as it takes to deny",
    { status: "approved", decisions: by(["alex", "denied"], ["blair", "denied"], ["casey", "approved"]) },
  ],
  [
    "verdict_mismatch",
    "expired with as many denials as it takes to deny",
    { status: "expired", decisions: by(["alex", "denied"], ["blair", "denied"]) },
  ],
  [
    "verdict_mismatch",
    "cancelled with as many denials as it takes to deny",
    { status: "cancelled", decisions: by(["alex", "denied"], ["blair", "denied"]) },
  ],
  [
    "verdict_mismatch",
    "expired although enough approved, one after an escalation",
    { status: "expired", decisions: by(["alex", "denied"], ["blair", "approved"]) },
  ],
  ["verdict_mismatch", "decided twice by one person", { status: "approved", decisions: by(["alex", "approved"], ["alex", "approved"]) }],
  ["verdict_mismatch", "denied twice by one person", { status: "denied", decisions: by(["alex", "denied"], ["alex", "denied"]) }],
  [
    "verdict_mismatch",
    "denied and approved by one person",
    { status: "approved", decisions: by(["alex", "denied"], ["alex", "approved"]) },
  ],
  [
    "verdict_mismatch",
    "silence about what is risky",
    { status: "approved", basis: "timeout", request: context({ risk: { level: "medium", score: 20, reasons: [] } }) },
  ],
  [
    "verdict_mismatch",
    "silence about what has no risk said",
    { status: "approved", basis: "timeout", request: ({ context: said }) => Reflect.deleteProperty(said, "risk") },
  ],
  [
    "verdict_mismatch",
    "redeemed, and denied",
    { status: "denied", decisions: by(["alex", "denied"], ["blair", "denied"]), redeemed: true },
  ],

  [
    "quorum_not_met",
    "approved before the escalation that names them",
    { status: "approved", decisions: by(["alex", "denied"], ["blair", "approved"]), request: escalated("09:06:01") },
  ],
  [
    "quorum_not_met",
    "approved by one of an escalation in the place of another slot",
    { status: "approved", decisions: by(["alex", "approved"], ["blair", "approved"]), request: TWO_SLOTS },
  ],
  ["quorum_not_met", "denied before the escalation that names them", { status: "cancelled", decisions: by(["blair", "denied"]) }],
  ["quorum_not_met", "the first denial by a stranger", { status: "denied", decisions: by(["casey", "denied"], ["blair", "denied"]) }],
  ["quorum_not_met", "approved where nobody is asked", { status: "approved", request: set({ quorum: [] }) }],
  ["quorum_not_met", "expired where nobody is asked", { status: "expired", request: set({ quorum: [] }) }],
  ["quorum_not_met", "cancelled where nobody is asked", { status: "cancelled", request: set({ quorum: [] }) }],
  ["quorum_not_met", "silence where nobody was asked", { status: "approved", basis: "timeout", request: set({ quorum: [] }) }],
  [
    "quorum_not_met",
    "passed by a rule where people are asked",
    {
      status: "approved",
      basis: "policy",
      request: set({ quorum: [{ name: "x", required: 1, eligible: ["usr_alex"], escalations: [] }] }),
    },
  ],
  [
    "quorum_not_met",
    "a slot with somebody who is kept out",
    { status: "cancelled", request: context({ separation: { people: ["usr_alex"] } }) },
  ],
  [
    "quorum_not_met",
    "an escalation to somebody who is kept out",
    { status: "cancelled", request: context({ separation: { people: ["usr_casey"] } }) },
  ],
  [
    "quorum_not_met",
    "approved by somebody besides who is kept out",
    {
      status: "approved",
      decisions: by(["alex", "approved"], ["blair", "approved"]),
      request: (one) => {
        slot({ escalations: [] })(one);
        context({ separation: { people: ["usr_blair"] } })(one);
      },
    },
  ],

  ["times_out_of_order", "escalations in the wrong order", { status: "approved", request: escalated("09:08:00", "09:07:00") }],
  ["times_out_of_order", "an escalation as it is asked", { status: "approved", request: escalated("09:00:00") }],
  ["times_out_of_order", "an escalation at the deadline", { status: "approved", request: escalated("09:15:00") }],
  [
    "times_out_of_order",
    "used too long after the end",
    { status: "approved", redeemed: true, redemption: set({ at: "2026-11-20T10:10:00.001Z" }) },
  ],
  [
    "times_out_of_order",
    "used after the use-by",
    {
      status: "approved",
      basis: "timeout",
      redeemed: true,
      passed: set({ at: at("09:16:00") }),
      redemption: set({ at: "2026-11-20T10:15:00.001Z" }),
    },
  ],
  [
    "times_out_of_order",
    "used at a time that cannot be reckoned with",
    { status: "approved", redeemed: true, request: set({ use_by: "2026-99-20T10:15:00.000Z" }) },
  ],
  [
    "times_out_of_order",
    "passed before it was asked",
    { status: "approved", basis: "policy", passed: set({ at: "2026-11-20T08:59:59.999Z" }) },
  ],
  ["times_out_of_order", "passed by a rule at the deadline", { status: "approved", basis: "policy", passed: set({ at: at("09:15:00") }) }],
  [
    "times_out_of_order",
    "silence before the deadline",
    { status: "approved", basis: "timeout", passed: set({ at: "2026-11-20T09:14:59.999Z" }) },
  ],

  ["not_included", "a policy published after the end", { status: "approved", log: leafToEnd("policy.published") }],
  ["not_included", "a policy of another log", { status: "approved", policy: set({ log: "other.example/log" }) }],
  [
    "not_included",
    "a policy with another leaf's proof",
    { status: "approved", receipt: (one) => set({ proof: one.final.proof })(one.policy ?? {}) },
  ],
];

const judge = async (recipe: PolicyRecipe, held: ReceiptFailureCode[] = []) => {
  const receipt = parseReceipt((await makePolicyReceipt(world, recipe)).text);
  if (!receipt.ok) return receipt;
  held.push("malformed");
  return verifyReceipt(receipt.value, { ...world.trust, allowBasis: ALL_BASES }, (check) => held.push(check));
};

describe("a receipt of version 2", () => {
  it.each(VALID)("is valid: %s", async (_, recipe) => {
    const held: ReceiptFailureCode[] = [];
    expect(await judge(recipe, held)).toMatchObject({ ok: true });
    expect(held).toEqual(RECEIPT_CHECKS.filter((check) => check !== "witnesses_missing"));
  });

  it.each(BROKEN)("is refused as %s: %s", async (code, _, recipe) => {
    const held: ReceiptFailureCode[] = [];
    const verified = await judge(recipe, held);
    expect(verified.ok ? "valid" : verified.refusal.code).toBe(code);
    expect(held).toEqual(RECEIPT_CHECKS.slice(0, RECEIPT_CHECKS.indexOf(code)));
  });

  it("is refused unread where it was not read from a text", async () => {
    for (const [recipe, why] of [
      [{ status: "approved", basis: "grant" }, "exactly if a grant let it pass"],
      [{ status: "approved", request: context({ plan: true }) }, "cannot verify"],
    ] as const) {
      const { receipt } = await makePolicyReceipt(world, recipe);
      const verified = verifyReceipt(receipt, { ...world.trust, allowBasis: ALL_BASES });
      expect(await verified).toMatchObject({ ok: false, refusal: { code: "malformed", message: expect.stringContaining(why) } });
    }
  });

  it("is not one of a request of version 1, nor the other way round", async () => {
    const { receipt: first } = await makeReceipt(world, { status: "approved" });
    const further = { type: "countersign/receipt@v2", detail: null, policy: null, grant: null, steps: [] };
    const { receipt: second } = await makePolicyReceipt(world, { status: "approved" });
    const { detail: _, policy: _1, grant: _2, steps: _3, ...members } = second;
    for (const receipt of [
      { ...first, ...further },
      { ...members, type: "countersign/receipt@v1" },
    ])
      expect(parseReceipt(JSON.stringify(receipt))).toEqual({
        ok: false,
        refusal: { code: "malformed", message: "The receipt is of another version than its request." },
      });
  });
});

describe("what passed without people", () => {
  it.each([
    ["policy", undefined, "basis_not_allowed"],
    ["policy", [], "basis_not_allowed"],
    ["policy", ["timeout", "grant"], "basis_not_allowed"],
    ["policy", ["policy"], null],
    ["timeout", ["policy"], "basis_not_allowed"],
    ["timeout", ["policy", "timeout"], null],
  ] as const)("by %s, with %j allowed: %s", async (basis, allowBasis, code) => {
    const { receipt } = await makePolicyReceipt(world, { status: "approved", basis });
    const verified = await verifyReceipt(receipt, { ...world.trust, ...(allowBasis && { allowBasis }) });
    expect(verified.ok ? null : verified.refusal.code).toBe(code);
    if (verified.ok) expect(verified.value).toMatchObject({ status: "approved", basis, endedBy: basis, decisions: [] });
  });

  it("is asked last: what is not in the log is not", async () => {
    const { receipt } = await makePolicyReceipt(world, { status: "approved", basis: "policy", checkpoint: set({ size: 70_000 }) });
    expect(await verifyReceipt(receipt, world.trust)).toMatchObject({ ok: false, refusal: { code: "not_included" } });
  });
});

describe("the verdict", () => {
  it("tells by what it was judged, what the gate runs, and from when people could decide", async () => {
    const recipe: PolicyRecipe = {
      status: "approved",
      decisions: by(["alex", "denied"], ["blair", "approved"]),
      outcome: "failed",
      detail: "Timed out.",
      request: context({ source: "call" }),
    };
    const verified = await judge(recipe);
    expect(verified).toMatchObject({
      ok: true,
      value: {
        basis: "passkeys",
        endedBy: "passkeys",
        rule: "production-deploys",
        policyVersion: 3,
        runByTheGate: true,
        risk: { level: "high", score: 45, reasons: ["Its words are of production."] },
        outcome: { status: "failed", detail: "Timed out." },
        decisions: [
          { person: personOf("alex"), verdict: "denied", eligibleFrom: null },
          { person: personOf("blair"), verdict: "approved", eligibleFrom: at("09:06:00") },
        ],
      },
    });
  });

  it("of version 1 says the same of what it has", async () => {
    const { receipt } = await makeReceipt(world, { status: "approved", outcome: "failed" });
    expect(await verifyReceipt(receipt, world.trust)).toMatchObject({
      ok: true,
      value: { basis: "passkeys", rule: "default", policyVersion: 0, runByTheGate: false, risk: null, outcome: { detail: null } },
    });
  });
});

describe("a public key that signed for two people", () => {
  const makeShared = async (recipe: PolicyRecipe) => {
    const twin = { ...(await world.passkeys.alex.keep()), credential_id: world.passkeys.blair.credentialId, person: "usr_blair" };
    const passkeys = { ...world.passkeys, blair: await SoftwarePasskey.from(twin) };
    const parsed = parseReceipt((await makePolicyReceipt({ ...world, passkeys }, recipe)).text);
    if (!parsed.ok) throw new Error(parsed.refusal.message);
    return verifyReceipt(parsed.value, world.trust);
  };

  it("counts once in a quorum", async () => {
    const two = { status: "approved", decisions: by(["alex", "approved"], ["blair", "approved"]), request: slot({ required: 2 }) } as const;
    expect(await makeShared(two)).toMatchObject({ ok: false, refusal: { code: "quorum_not_met" } });
  });

  it("counts once among denials", async () => {
    const two = { status: "denied", decisions: by(["alex", "denied"], ["blair", "denied"]) } as const;
    const message = "The people who denied are not enough. Two of them signed with one key, which counts once.";
    expect(await makeShared(two)).toEqual({ ok: false, refusal: { code: "quorum_not_met", message } });
  });
});
