/** One signature decides several requests: each stands alone afterwards, and of each it is told what became of it. */
import { beforeEach, describe, expect, test } from "vitest";
import { parseReceipt, verifyReceipt } from "#countersign/verifier.ts";
import { type Agent, ask, decided, openPage, PAYLOAD, receiptOf, viewOf } from "#test/workerd/support/approvals.ts";
import {
  APPROVING,
  askBatch,
  batchPageOf,
  decidedBatch,
  DENYING,
  openBatch,
  outcomesOf,
  sendBatch,
  signBatch,
} from "#test/workerd/support/deciding/batch.ts";
import { admitted, given } from "#test/workerd/support/invited.ts";
import { call, enrolFirst, makeAgent, ORIGIN, type Someone } from "#test/workerd/support/people.ts";
import { policyOf, putInForce } from "#test/workerd/support/policies.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const RULES = [
  { name: "dangerous", effect: "require_approval", risk: "critical", match: { tool: ["drop"] } },
  { name: "two", effect: "require_approval", risk: "low", match: { tool: ["deploy"] }, approvals: [{ required: 2 }] },
  { name: "asks", effect: "require_approval", risk: "low" },
];

let alex: Someone;
let blair: Someone;
let agents: [Agent, Agent];
beforeEach(async () => {
  await emptyStorage();
  alex = await enrolFirst();
  blair = await admitted(alex, "blair");
  agents = [await makeAgent(alex), await makeAgent(alex, "other-bot")];
  await putInForce(policyOf(RULES));
});

const idOf = async (body: object = {}, of = 0): Promise<string> =>
  (await ask(agents[of] ?? agents[0], { tool: "query", ...body })).request_id;
const statusOf = async (id: string): Promise<string> => (await openPage(alex, id)).state.status;

/** The decisions of what ended, as its verified receipt has them. */
async function verifiedDecisions(agent: Agent, id: string) {
  const vkey = (await (await call("GET", "/log/vkey")).text()).trim();
  const receipt = parseReceipt(await receiptOf(agent, id));
  if (!receipt.ok) throw new Error(receipt.refusal.message);
  expect(await verifyReceipt(receipt.value, { vkey, origin: ORIGIN })).toMatchObject({ ok: true });
  return (receipt.value.final.record as unknown as { decisions: { batch: { statements: string[] } | null; statement: { grant: null } }[] })
    .decisions;
}

describe("approving several", () => {
  test("of different agents and tools is one signature, and each receipt stands alone", async () => {
    const [own, others] = [await idOf(), await idOf({ tool: "mail", action: "Send a mail" }, 1)];
    const decisions = await decidedBatch(blair, [own, others], { verdict: "approved", comment: "As we said." });
    expect(decisions.map(({ problem }) => problem)).toEqual([null, null]);
    expect(await viewOf(agents[0], own)).toMatchObject({ status: "approved" });
    expect(await viewOf(agents[1], others)).toMatchObject({ status: "approved" });
    const [[first], [second]] = [await verifiedDecisions(agents[0], own), await verifiedDecisions(agents[1], others)];
    expect(first?.batch?.statements).toHaveLength(2);
    expect(second?.batch).toEqual(first?.batch);
    expect(first?.statement.grant).toBeNull();
    expect(JSON.stringify(await viewOf(agents[0], own))).toContain("As we said.");
  });

  test("is used as any approval is", async () => {
    const ids = [await idOf(), await idOf({ action: "Again" })];
    await decidedBatch(blair, ids);
    const redeem = () =>
      call("POST", `/api/v1/approvals/${ids[0] ?? ""}/redeem`, { key: agents[0].key, origin: null, body: { payload: PAYLOAD } });
    expect([(await redeem()).status, (await redeem()).status]).toEqual([200, 409]);
  });

  test("counts as one of two signatures where it takes two", async () => {
    const [two, one] = [await idOf({ tool: "deploy" }), await idOf()];
    expect(outcomesOf(await decidedBatch(blair, [two, one]))).toEqual({ [two]: "pending", [one]: "approved" });
    expect((await openPage(alex, two)).state.decisions.map(({ username }) => username)).toEqual(["blair"]);
    expect((await decided(alex, two, "approved")).status).toBe("approved");
    const decisions = await verifiedDecisions(agents[0], two);
    expect(decisions.map(({ batch }) => batch?.statements.length ?? null)).toEqual([2, null]);
  });

  test("is for fifty at once, of two agents", async () => {
    const ids: string[] = [];
    for (let n = 0; n < 50; n++) ids.push(await idOf({ action: `Number ${n}` }, n % 2));
    const decisions = await decidedBatch(blair, ids);
    expect(decisions).toHaveLength(50);
    expect(decisions.filter(({ status }) => status === "approved" || status === "settling")).toHaveLength(50);
    const last = await verifiedDecisions(agents[1], ids.at(-1) ?? "");
    expect(last[0]?.batch?.statements).toHaveLength(50);
  });

  test("of a single one is signed as any decision is", async () => {
    const id = await idOf();
    expect(outcomesOf(await decidedBatch(blair, [id]))).toEqual({ [id]: "approved" });
    expect((await verifiedDecisions(agents[0], id))[0]?.batch).toBeNull();
  });

  test("sent again, because the answer was lost, does nothing again and is told the same", async () => {
    const ids = [await idOf(), await idOf({ tool: "deploy" })];
    const body = await signBatch(blair, ids);
    const first = await given<{ decisions: object[] }>(await sendBatch(blair, body));
    expect(await given(await sendBatch(blair, body))).toEqual(first);
    expect((await openPage(alex, ids[1] ?? "")).state.decisions).toHaveLength(1);
  });
});

test("denying several is one signature as well, with its comment on each", async () => {
  const ids = [await idOf(), await idOf({}, 1)];
  const decisions = await decidedBatch(blair, ids, { verdict: "denied", comment: "Not today." });
  expect(Object.values(outcomesOf(decisions))).toEqual(["denied", "denied"]);
  expect(JSON.stringify(await viewOf(agents[0], ids[0] ?? ""))).toContain("Not today.");
});

describe("the page", () => {
  test("shows each in full, in the order asked for and each once, and names what cannot be among them", async () => {
    const [first, second, critical] = [
      await idOf({ action: "The first" }),
      await idOf({ action: "The second" }, 1),
      await idOf({ tool: "drop" }),
    ];
    const [signed, ended] = [await idOf({ tool: "deploy" }), await idOf({ action: "Taken back" })];
    await decided(blair, signed, "approved");
    await given(await call("POST", `/api/v1/approvals/${ended}/cancel`, { key: agents[0].key, origin: null, body: {} }));
    await putInForce(policyOf([{ name: "alex", effect: "require_approval", risk: "low", approvals: [{ users: ["alex"] }] }]));
    const foreign = await idOf({ action: "For somebody else" });
    const ids = [second, first, second, critical, signed, ended, foreign, "apr_nothing"];
    const data = await openBatch(blair, ids);
    expect(data.items.map(({ request }) => request.id)).toEqual([second, first]);
    const page = await batchPageOf(blair, ids);
    expect(page.match(/"apr_[^"]*"|<article/g)?.filter((one) => one === "<article")).toHaveLength(2);
    for (const words of [
      "Its risk is critical: it is decided by itself.",
      "You have signed it already.",
      "It has ended.",
      "There is no such request, or it is not yours to decide.",
    ])
      expect(page).toContain(words);
    // Of what is not theirs to see, nothing is told.
    expect(page).not.toContain("For somebody else");
  });

  test("says of each what passes in silence, as its card does", async () => {
    const silent = { name: "silent", effect: "require_approval", risk: "low", match: { tool: ["silent"] }, on_expiry: "approve" };
    await putInForce(policyOf([silent, ...RULES]));
    const page = await batchPageOf(blair, [await idOf({ tool: "silent" }), await idOf()]);
    expect(page.match(/If nobody denies it by then/g)).toHaveLength(1);
  });

  test("of more than fifty looks at the first fifty, and names the others", async () => {
    const ids = [await idOf(), ...Array.from({ length: 50 }, (_, n) => `apr_${String(n).padStart(32, "A")}`)];
    const last = await idOf();
    expect((await openBatch(blair, [...ids, last])).items).toHaveLength(1);
    expect(await batchPageOf(blair, [...ids, last])).toContain("At most 50 are looked at together");
  });

  test("sends nothing of a payload twice, and folds what would make it too large", async () => {
    const large = { text: "x ".repeat(25_000) };
    const ids = [await idOf({ payload: large }), await idOf({ payload: large, action: "Again" }), await idOf()];
    const { items } = await openBatch(blair, ids);
    expect(items.map(({ is_folded: isFolded }) => isFolded)).toEqual([false, true, true]);
    expect((await batchPageOf(blair, ids)).match(/data-unfold=/g)).toHaveLength(2);
  });

  test("tells which of them wait still", async () => {
    const [first, second, deploy] = [await idOf(), await idOf({ action: "Again" }), await idOf({ tool: "deploy" })];
    const waiting = async (ids: string[]) =>
      (
        await given<{ waiting: { id: string; expires_at: string }[] }>(
          await call("GET", `/batch/state?${ids.map((id) => `id=${id}`).join("&")}`, { cookie: blair.cookie }),
        )
      ).waiting
        .map(({ id }) => id)
        .toSorted();
    await expect.poll(() => waiting([first, second, deploy])).toEqual([first, second, deploy].toSorted());
    await decided(alex, first, "denied");
    await decided(blair, deploy, "approved");
    await expect.poll(() => waiting([first, second, deploy, "apr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"])).toEqual([second]);
  });

  test("is asked for again where one was sent to sign in", async () => {
    const answer = await call("GET", "/batch?id=apr_a&id=apr_b", {});
    expect(answer.headers.get("location")).toBe(`/?next=${encodeURIComponent("/batch?id=apr_a&id=apr_b")}`);
  });
});

describe("what ends", () => {
  test("before it is signed is not signed for, and named", async () => {
    const [first, second] = [await idOf(), await idOf({ action: "Again" })];
    await decided(alex, second, "denied");
    const draft = await given<{ decisions: object[]; left_out: object[] }>(await askBatch(blair, APPROVING, [first, second]));
    expect(draft.decisions).toMatchObject([{ request: first }]);
    expect(draft.left_out).toMatchObject([{ request: second, code: "already_final" }]);
  });

  test("after it was signed counts for nothing, and the others count", async () => {
    const [first, second, third] = [await idOf(), await idOf({ action: "Again" }), await idOf({}, 1)];
    const body = await signBatch(blair, [first, second, third]);
    await decided(alex, first, "denied");
    await given(await call("POST", `/api/v1/approvals/${second}/cancel`, { key: agents[0].key, origin: null, body: {} }));
    const { decisions } = await given<{ decisions: [] }>(await sendBatch(blair, body));
    expect(outcomesOf(decisions)).toEqual({ [first]: "already_final", [second]: "already_final", [third]: "approved" });
    expect(await statusOf(first)).toBe("denied");
    await verifiedDecisions(agents[1], third);
  });

  test("all of it, is told of each", async () => {
    const ids = [await idOf(), await idOf({ action: "Again" })];
    const body = await signBatch(blair, ids, DENYING);
    for (const id of ids) await decided(alex, id, "approved");
    const { decisions } = await given<{ decisions: [] }>(await sendBatch(blair, body));
    expect(Object.values(outcomesOf(decisions))).toEqual(["already_final", "already_final"]);
  });
});

describe("two beside each other", () => {
  const compare = (one: string, other: string, by = blair) => call("GET", `/compare?a=${one}&b=${other}`, { cookie: by.cookie });

  test("shows what differs of what is asked, of the payload and of the terms", async () => {
    const [one, other] = [await idOf(), await idOf({ action: "Deploy web", payload: { ...PAYLOAD, replicas: 30 }, tool: "deploy" }, 1)];
    const page = await (await compare(one, other)).text();
    for (const part of ["Deploy web", "other-bot", "<del>3</del>", "<ins>30</ins>"]) expect(page).toContain(part);
    expect(page.match(/data-differs="yes"/g)).toHaveLength(3);
    expect((await (await compare(one, one)).text()).match(/data-differs="no"/g)).toHaveLength(3);
  });

  test("is for nobody who may not see both", async () => {
    const own = await idOf();
    await putInForce(policyOf([{ name: "alex", effect: "require_approval", risk: "low", approvals: [{ users: ["alex"] }] }]));
    const foreign = await idOf({ action: "For somebody else" });
    for (const [one, other] of [
      [own, foreign],
      [foreign, own],
      [own, "apr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"],
      [own, ""],
    ] as const) {
      const answer = await compare(one, other);
      expect(answer.status).toBe(404);
      expect(await answer.text()).not.toContain("For somebody else");
    }
    expect((await compare(own, foreign, alex)).status).toBe(200);
    expect((await compare(own, foreign, await admitted(alex, "auditor", ["auditor"]))).status).toBe(200);
  });
});
