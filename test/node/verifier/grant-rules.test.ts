/** What a verifier holds of grants in receipts: each rule with a receipt that breaks it alone, otherwise rightly signed, sealed and proven. */
import { beforeAll, describe, expect, it } from "vitest";
import type { SealedRecord } from "#countersign/documents/record.ts";
import { parseReceipt, RECEIPT_CHECKS, type ReceiptFailureCode, verifyReceipt } from "#countersign/verifier.ts";
import { type GrantRecipe, makeGrantReceipt } from "#test/support/documents/grant-receipt.ts";
import { makePolicyReceipt } from "#test/support/documents/policy-receipt.ts";
import { makeWorld, personOf, type World } from "#test/support/documents/sealed-receipt.ts";
import { GRANT } from "#test/support/grants/made-grants.ts";

let world: World;
beforeAll(async () => {
  world = await makeWorld();
});

const set = (changes: Record<string, unknown>) => (document: object) => {
  Object.assign(document, changes);
};
const at = (clock: string) => `2026-11-20T${clock}.000Z`;
const TWO: GrantRecipe["decisions"] = [
  { by: "alex", verdict: "approved" },
  { by: "blair", verdict: "approved" },
];
const first = (changes: object) => (grant: { free: object[] }) => {
  Object.assign(grant.free[0] ?? {}, changes);
};
const move = (kind: string, before: string) => (leaves: SealedRecord[]) => {
  const from = leaves.findIndex(({ record }) => record.kind === kind);
  const [leaf] = leaves.splice(from, 1);
  const to = leaves.findIndex(({ record }) => record.kind === before);
  if (leaf !== undefined) leaves.splice(to, 0, leaf);
};
const risk =
  (level: string) =>
  ({ context }: { context: object }) => {
    Object.assign(context, { risk: { level, score: 60, reasons: [] } });
  };
const context = (changes: object) => (request: { context: object }) => {
  Object.assign(request.context, changes);
};
const NOT_SHOWN = "The grant of alex is not for what was shown";
const WITHIN = "In the receipt of the approval that gave the grant: ";

const VALID: readonly [string, GrantRecipe][] = [
  ["of a call", {}],
  ["of an ask", { source: "ask" }],
  [
    "of an ask of a server that it names",
    {
      source: "ask",
      grant: set({ server: "bank" }),
      granting: context({ server: { id: null, name: "bank" } }),
      request: context({ server: { id: null, name: "bank" } }),
    },
  ],
  ["given by two", { decisions: TWO }],
  [
    "given by one against whom another had denied",
    {
      decisions: [
        { by: "alex", verdict: "denied" },
        { by: "blair", verdict: "approved" },
      ],
      grantOf: (grant, by) => (by === "blair" ? grant : null),
    },
  ],
  ["given under a batch", { decisions: [{ by: "alex", verdict: "approved", batched: true }] }],
  ["its last use, in its last moment", { used: set({ use: 5 }), grant: set({ until: at("09:15:01") }) }],
  [
    "used at the moment at which it was asked for and ended",
    { request: set({ requested_at: at("09:15:01") }), passed: set({ at: at("09:15:01") }) },
  ],
  ["of the most", { args: set({ amount: 50, memo: [] }), outcome: "succeeded" }],
  ["of which the payload is not kept any more", { receipt: set({ payload: null, type: "countersign/receipt-without-payload@v2" }) }],
  [
    "of whose approval the payload is not kept any more",
    { receipt: ({ grant }) => set({ payload: null, comments: [], type: "countersign/receipt-without-payload@v2" })(grant?.receipt ?? {}) },
  ],
];

const FOREIGN = "The use is of another grant, or another use of it, than what the end says.";
const BROKEN: readonly [ReceiptFailureCode, string, GrantRecipe, string][] = [
  [
    "malformed",
    "without the approval",
    { receipt: set({ grant: null }) },
    "A grant, its use and the approval that gave it are in a receipt exactly if a grant let it pass.",
  ],
  [
    "malformed",
    "by a rule, with a grant",
    { passed: set({ basis: "policy" }) },
    "A grant, its use and the approval that gave it are in a receipt exactly if a grant let it pass.",
  ],
  [
    "malformed",
    "by a grant that the end does not name",
    { passed: set({ grant: null }) },
    "A grant, its use and the approval that gave it are in a receipt exactly if a grant let it pass.",
  ],
  [
    "malformed",
    "by what a grant let pass",
    { receipt: (one) => set({ final: one.final })(one.grant?.receipt ?? {}) },
    'The receipt does not have its format: grant.receipt.final.record.kind: "approval.approved".',
  ],
  [
    "malformed",
    "by an approval that rests on a grant",
    { receipt: (one) => set({ grant: structuredClone(one.grant) })(one.grant?.receipt ?? {}) },
    "The receipt does not have its format: grant.receipt.grant: null.",
  ],
  [
    "malformed",
    "by an approval of version 1",
    { receipt: ({ grant }) => set({ type: "countersign/receipt@v1" })(grant?.receipt ?? {}) },
    'The receipt does not have its format: grant.receipt.type: "countersign/receipt@v2" or "countersign/receipt-without-payload@v2".',
  ],
  [
    "malformed",
    "by an approval whose payload is missing",
    { receipt: ({ grant }) => set({ payload: null })(grant?.receipt ?? {}) },
    `${WITHIN}The receipt does not have its format: payload: it is there or not, as the type says.`,
  ],
  [
    "malformed",
    "with a use that is none",
    { receipt: ({ grant, final }) => set({ used: final })(grant ?? {}) },
    'The receipt does not have its format: grant.used.record.kind: "grant.used".',
  ],
  [
    "malformed",
    "for more than a hundred uses",
    { grant: set({ uses: 101 }) },
    "The receipt does not have its format: grant.receipt.final.record.decisions[0].statement.grant.uses: integer from 1 to 100.",
  ],

  [
    "payload_mismatch",
    "for another payload",
    { receipt: ({ payload }) => set({ tool: "x" })(payload ?? {}) },
    "The payload is not the one that the request commits to.",
  ],
  [
    "payload_mismatch",
    "by an approval of another payload",
    { receipt: ({ grant }) => set({ tool: "x" })(grant?.receipt.payload ?? {}) },
    `${WITHIN}The payload is not the one that the request commits to.`,
  ],

  [
    "statement_mismatch",
    "by an approval whose statement is of another request",
    { statement: set({ request_hash: "0".repeat(64) }) },
    `${WITHIN}The statement of alex is about another request or payload.`,
  ],
  ["statement_mismatch", "another use than the end says", { passed: set({ grant: { id: GRANT.id, use: 2 } }) }, FOREIGN],
  ["statement_mismatch", "another grant than the end says", { passed: set({ grant: { id: "grt_x", use: 3 } }) }, FOREIGN],
  [
    "statement_mismatch",
    "used for another request",
    { used: set({ request_hash: "0".repeat(64) }) },
    "The grant was used for another request.",
  ],
  [
    "statement_mismatch",
    "by another grant than was given",
    { used: set({ grant: "grt_x" }) },
    "The approval gave another grant than the one that was used.",
  ],
  ["statement_mismatch", "by an approval that gave none", { grantOf: () => null }, "The approval gave no grant."],
  [
    "statement_mismatch",
    "given by one of two",
    { decisions: TWO, grantOf: (grant, by) => (by === "alex" ? grant : null) },
    "Not all who approved gave the same grant, so there is none.",
  ],
  [
    "statement_mismatch",
    "given by two, one for longer",
    { decisions: TWO, grantOf: (grant, by) => (by === "alex" ? grant : { ...grant, uses: 4 }) },
    "Not all who approved gave the same grant, so there is none.",
  ],
  [
    "statement_mismatch",
    "given by one who denied",
    {
      decisions: [
        { by: "alex", verdict: "denied" },
        { by: "blair", verdict: "approved" },
      ],
    },
    `${WITHIN}alex denied, and gives a grant.`,
  ],
  [
    "statement_mismatch",
    "given for what is critical",
    { granting: risk("critical") },
    `${WITHIN}A grant is given for what is of critical risk.`,
  ],

  [
    "statement_mismatch",
    "given for another agent",
    { grant: set({ agent: "agt_other" }) },
    `${WITHIN}${NOT_SHOWN}: agent: it is not that of what was shown.`,
  ],
  [
    "statement_mismatch",
    "given under another rule",
    { grant: set({ rule: "other" }) },
    `${WITHIN}${NOT_SHOWN}: rule: it is not that of what was shown.`,
  ],
  [
    "statement_mismatch",
    "given for another tool",
    { grant: set({ tool: "other" }) },
    `${WITHIN}${NOT_SHOWN}: tool: it is not that of what was shown.`,
  ],
  [
    "statement_mismatch",
    "given for another server",
    { grant: set({ server: "srv_x" }) },
    `${WITHIN}${NOT_SHOWN}: server: it is not that of what was shown.`,
  ],
  [
    "statement_mismatch",
    "given for another description of the tool",
    { grant: set({ schema_hash: "6".repeat(64) }) },
    `${WITHIN}${NOT_SHOWN}: schema_hash: it is not that of what was shown.`,
  ],
  [
    "statement_mismatch",
    "given for longer than any",
    { grant: set({ until: "2026-12-20T09:05:00.001Z" }) },
    `${WITHIN}${NOT_SHOWN}: until: a time to come, at most 2592000 seconds from now.`,
  ],
  [
    "statement_mismatch",
    "given for more than was shown",
    { grant: first({ bound: { from: 0, to: 51 } }) },
    `${WITHIN}${NOT_SHOWN}: /amount: from 0 or more, and to 50, which was shown.`,
  ],
  [
    "statement_mismatch",
    "given for another value than was shown",
    { shown: set({ to: "Bob" }) },
    `${WITHIN}${NOT_SHOWN}: /to: fixed to another value than was shown.`,
  ],
  [
    "statement_mismatch",
    "given with a member that was not shown",
    { shown: (args) => Reflect.deleteProperty(args, "to") },
    `${WITHIN}${NOT_SHOWN}: /to: no member of what was shown that it has not spoken of before.`,
  ],
  [
    "statement_mismatch",
    "given without a member that was shown",
    { shown: set({ cc: "Eve" }) },
    `${WITHIN}${NOT_SHOWN}: /cc: it says nothing of this member.`,
  ],
  [
    "statement_mismatch",
    "given for an ask that names no tool",
    { source: "ask", granting: ({ context: said }) => Reflect.deleteProperty(said, "tool") },
    `${WITHIN}${NOT_SHOWN}: tool: no grant can be about this request.`,
  ],

  [
    "statement_mismatch",
    "of another rule",
    { request: (one) => set({ rule: "other" })(one.policy) },
    "The grant does not cover this: the rule other decides, and it was given under payments.",
  ],
  [
    "statement_mismatch",
    "of another agent",
    { request: (one) => set({ id: "agt_other" })(one.requested_by) },
    "The grant does not cover this: it was given for another agent.",
  ],
  [
    "statement_mismatch",
    "of another tool",
    { request: context({ tool: "other" }) },
    "The grant does not cover this: it was given for the tool transfer.",
  ],
  [
    "statement_mismatch",
    "of another server",
    { request: context({ server: { id: "srv_x", name: "bank" } }) },
    "The grant does not cover this: it was given for another server.",
  ],
  [
    "statement_mismatch",
    "of another value",
    { args: set({ to: "Bob" }) },
    "The grant does not cover this: /to is another than was approved.",
  ],
  ["statement_mismatch", "of more", { args: set({ amount: 51 }) }, "The grant does not cover this: /amount is not a number from 0 to 50."],
  [
    "statement_mismatch",
    "of a call to another address",
    { urlOrigin: "https://evil.example" },
    "The grant does not cover this: it is sent to another address than what was approved.",
  ],
  [
    "statement_mismatch",
    "of a member more, and one fewer",
    {
      args: (args) => {
        set({ cc: "Eve" })(args);
        Reflect.deleteProperty(args, "memo");
      },
    },
    "The grant does not cover this: /cc is there, and was not when it was given; /memo is not there.",
  ],
  [
    "statement_mismatch",
    "of an ask in the place of a call",
    { request: context({ source: "ask", server: { id: null, name: "srv_bank" } }) },
    "The grant does not cover this: the tool is not described as it was when it was given; /server is there, and was not when it was given; /url_origin is there, and was not when it was given; /tool is there, and was not when it was given; /schema_hash is there, and was not when it was given; /arguments is there, and was not when it was given; /to is not there; /tags is not there; /a~1b~0c is not there; /amount is not there; /memo is not there.",
  ],
  [
    "statement_mismatch",
    "of an ask without a tool",
    { source: "ask", request: ({ context: said }) => Reflect.deleteProperty(said, "tool") },
    "The grant does not cover this: no grant can be about this request.",
  ],
  [
    "statement_mismatch",
    "of another tool, its payload not kept",
    { request: context({ tool: "other" }), receipt: set({ payload: null, type: "countersign/receipt-without-payload@v2" }) },
    "The grant does not cover this: it was given for the tool transfer.",
  ],
  [
    "statement_mismatch",
    "of an ask in the place of a call, its payload not kept",
    {
      request: context({ source: "ask", server: { id: null, name: "srv_bank" } }),
      receipt: set({ payload: null, type: "countersign/receipt-without-payload@v2" }),
    },
    "The grant does not cover this: no grant can be about this request.",
  ],
  [
    "statement_mismatch",
    "given for longer than any, the payload not kept",
    {
      grant: set({ until: "2026-12-20T09:05:00.001Z" }),
      receipt: ({ grant }) => set({ payload: null, comments: [], type: "countersign/receipt-without-payload@v2" })(grant?.receipt ?? {}),
    },
    `${WITHIN}${NOT_SHOWN}: until: a time to come, at most 2592000 seconds from now.`,
  ],

  [
    "assertion_invalid",
    "given at another origin",
    { granting: set({ origin: "https://evil.example" }) },
    `${WITHIN}The request was made at https://evil.example, not at https://gate.example.com.`,
  ],
  [
    "assertion_invalid",
    "changed after it was signed",
    { decision: ({ statement }) => set({ uses: 50 })(statement.grant ?? {}) },
    `${WITHIN}The passkey signature of alex does not hold (wrong-challenge).`,
  ],
  [
    "not_enrolled",
    "given by somebody who is not enrolled",
    { receipt: ({ grant }) => set({ passkeys: [] })(grant?.receipt ?? {}) },
    `${WITHIN}The receipt lacks the enrolment of the passkey of alex.`,
  ],
  [
    "not_enrolled",
    "with an enrolment of its own",
    { furtherEnrolments: ["blair"] },
    "The receipt has an enrolment twice, or one of a passkey that signed nothing.",
  ],
  ["verdict_mismatch", "given by a deadline", { approved: set({ ended_by: "deadline" }) }, `${WITHIN}No request is approved by deadline.`],
  ["verdict_mismatch", "of what is critical", { request: risk("critical") }, "Nothing of critical risk passes by a grant."],
  [
    "quorum_not_met",
    "given by somebody who may not",
    { decisions: [{ by: "casey", verdict: "approved" }] },
    `${WITHIN}The people who approved are not enough for what the request asks.`,
  ],
  ["quorum_not_met", "used more often than it may be", { used: set({ use: 6 }) }, "The grant was for 5 uses, and this is use 6."],
  [
    "times_out_of_order",
    "approved out of time",
    { granting: set({ expires_at: at("09:05:00") }) },
    `${WITHIN}The times of request, decisions, end and use are not in the order in which they must be.`,
  ],
  [
    "times_out_of_order",
    "used before it was given",
    { used: set({ at: at("09:09:59") }), request: set({ requested_at: at("09:09:00") }) },
    "The grant was used before it was given.",
  ],
  [
    "times_out_of_order",
    "used after its end",
    { grant: set({ until: "2026-11-20T09:15:00.999Z" }) },
    "The grant was used at 2026-11-20T09:15:01.000Z, and had ended at 2026-11-20T09:15:00.999Z.",
  ],
  [
    "times_out_of_order",
    "used before it was asked for",
    { used: set({ at: at("09:14:59") }) },
    "The grant was not used between the request and its end.",
  ],
  [
    "times_out_of_order",
    "used after it had passed",
    { used: set({ at: at("09:15:03") }) },
    "The grant was not used between the request and its end.",
  ],

  [
    "not_included",
    "used before the log has it",
    { log: move("grant.used", "approval.approved") },
    "The grant was used before the log has it.",
  ],
  [
    "not_included",
    "used after the end",
    { log: move("approval.auto_approved", "grant.used") },
    "The records are not in the log in the order of what they tell.",
  ],
  [
    "not_included",
    "with a use of another log",
    { used: set({ log: "other.example/log" }) },
    "grant.used is a record of the log other.example/log, not of the checkpoint's.",
  ],
  [
    "not_included",
    "with a use that is not in the log",
    { receipt: ({ grant, final }) => set({ proof: final.proof })(grant?.used ?? {}) },
    "grant.used is not in the log at its place.",
  ],
  [
    "not_included",
    "given in another log",
    { approved: set({ log: "other.example/log" }) },
    `${WITHIN}approval.approved is a record of the log other.example/log, not of the checkpoint's.`,
  ],
  [
    "not_included",
    "by an approval that is not in the log",
    { receipt: ({ grant, final }) => set({ proof: final.proof })(grant?.receipt.final ?? {}) },
    `${WITHIN}approval.approved is not in the log at its place.`,
  ],
];

const judge = async (recipe: GrantRecipe, held: ReceiptFailureCode[] = []) => {
  const receipt = parseReceipt((await makeGrantReceipt(world, recipe)).text);
  if (!receipt.ok) return receipt;
  held.push("malformed");
  return verifyReceipt(receipt.value, { ...world.trust, allowBasis: ["grant"] }, (check) => held.push(check));
};

describe("a receipt of what a grant let pass", () => {
  it.each(VALID)("is valid: %s", async (_, recipe) => {
    const held: ReceiptFailureCode[] = [];
    expect(await judge(recipe, held)).toMatchObject({ ok: true, value: { status: "approved", basis: "grant", decisions: [] } });
    expect(held).toEqual(RECEIPT_CHECKS.filter((check) => check !== "witnesses_missing"));
  });

  it.each(BROKEN)("is refused as %s: %s", async (code, _, recipe, message) => {
    const held: ReceiptFailureCode[] = [];
    expect(await judge(recipe, held)).toEqual({ ok: false, refusal: { code, message } });
    expect(held).toEqual(RECEIPT_CHECKS.slice(0, RECEIPT_CHECKS.indexOf(code)));
  });

  it("has one checkpoint, which both parts are proven to", async () => {
    const [{ receipt }, { receipt: later }] = await Promise.all([
      makeGrantReceipt(world),
      makeGrantReceipt(world, { outcome: "succeeded" }),
    ]);
    if (receipt.grant === null || later.grant === null) throw new Error("no grant");
    const mixed = { ...receipt, grant: { ...receipt.grant, receipt: later.grant.receipt } };
    expect(await verifyReceipt(mixed, { ...world.trust, allowBasis: ["grant"] })).toEqual({
      ok: false,
      refusal: { code: "not_included", message: `${WITHIN}Its proofs are for another checkpoint.` },
    });
  });

  it("is accepted only where a grant is enough", async () => {
    const { receipt } = await makeGrantReceipt(world);
    const message = "It passed without people, by grant, which has to be allowed by name.";
    for (const allowBasis of [undefined, [], ["policy", "timeout"]] as const)
      expect(await verifyReceipt(receipt, { ...world.trust, ...(allowBasis && { allowBasis }) })).toEqual({
        ok: false,
        refusal: { code: "basis_not_allowed", message },
      });
  });

  it("needs of those who gave it what it needs of those who approve", async () => {
    const { receipt } = await makeGrantReceipt(world);
    const approvers = new Map([["usr_blair", new Set(["0".repeat(64)])]]);
    const message = `${WITHIN}The passkey of alex (usr_alex) is not one you trust.`;
    expect(await verifyReceipt(receipt, { ...world.trust, approvers, allowBasis: ["grant"] })).toEqual({
      ok: false,
      refusal: { code: "not_enrolled", message },
    });
  });

  it("tells the grant, its use, who gave it, and whether the arguments were compared", async () => {
    const given = {
      status: "approved",
      basis: "passkeys",
      passedBy: null,
      decisions: [{ person: personOf("alex"), comment: "As every week." }],
    };
    const grant = { ...GRANT, agent: "agt_release-bot" };
    const passedBy = { grant, use: 3, usedAt: at("09:15:01"), argumentsAreCompared: true, given: { ...given, grant } };
    expect(await judge({})).toMatchObject({ ok: true, value: { grant: null, passedBy } });
    const bare = { receipt: set({ payload: null, type: "countersign/receipt-without-payload@v2" }) };
    expect(await judge(bare)).toMatchObject({ ok: true, value: { passedBy: { ...passedBy, argumentsAreCompared: false } } });
  });
});

describe("a receipt of what people approved", () => {
  it("with a grant tells it, and is refused if that is for more than was shown", async () => {
    const { receipt } = await makeGrantReceipt(world);
    if (receipt.grant === null) throw new Error("no grant");
    const verified = await verifyReceipt(receipt.grant.receipt, world.trust);
    expect(verified).toMatchObject({ ok: true, value: { basis: "passkeys", grant: { id: GRANT.id, uses: 5 }, passedBy: null } });
    const { receipt: wider } = await makeGrantReceipt(world, { grant: first({ bound: { from: 0, to: 51 } }) });
    expect(wider.grant && (await verifyReceipt(wider.grant.receipt, world.trust))).toMatchObject({
      ok: false,
      refusal: { code: "statement_mismatch", message: `${NOT_SHOWN}: /amount: from 0 or more, and to 50, which was shown.` },
    });
  });

  it("who did not all give the same grant stands without it", async () => {
    const { receipt } = await makeGrantReceipt(world, { decisions: TWO, grantOf: (grant, by) => (by === "alex" ? grant : null) });
    if (receipt.grant === null) throw new Error("no grant");
    expect(await verifyReceipt(receipt.grant.receipt, world.trust)).toMatchObject({ ok: true, value: { grant: null } });
  });

  it("that expired or was denied gives none", async () => {
    const grant = {
      ...GRANT,
      agent: "agt_release-bot",
      rule: "production-deploys",
      tool: "deploy_service",
      server: null,
      schema_hash: null,
      free: [],
    };
    const fixed = [
      { pointer: "/service", value: "api" },
      { pointer: "/version", value: "4.2.0" },
      { pointer: "/replicas", value: 3 },
      { pointer: "/flags", value: ["canary", null, true] },
    ];
    const decisions = [{ by: "alex", verdict: "approved" }] as const;
    const request = ({ quorum }: { quorum: object[] }) => set({ required: 2 })(quorum[0] ?? {});
    const statement = set({ grant: { ...grant, fixed } });
    const { receipt } = await makePolicyReceipt(world, { status: "expired", decisions: [...decisions], request, statement });
    expect(await verifyReceipt(receipt, world.trust)).toMatchObject({ ok: true, value: { status: "expired", grant: null } });
  });
});
