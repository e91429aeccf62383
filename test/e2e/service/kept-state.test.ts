/**
 * Upgrades: today's service on the states that earlier versions have left (test/kept-state), with what their people, agents and
 * clients still hold. Whatever was promised then is kept now.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { outermost } from "#test/support/every-case.ts";
import { type Kept, keptStates } from "#test/support/kept-state.ts";
import { readLog, treeOf } from "#test/support/log-by-hand.ts";
import { type Agent, joinWith, Person, trySignIn } from "#test/support/service/person.ts";
import type { RestAgent, RestAnswer } from "#test/support/rest-agent.ts";
import { TakenUp } from "#test/support/taken-up.ts";

/** Status and code of an answer, or what an approval has come to. */
const said = ({ status, view }: RestAnswer) => [status, view.code ?? view.status];

/** What a receipt says of the end: its record is in the log and never changes. */
const endOf = (receipt: string): unknown => (JSON.parse(receipt) as { final: { record: unknown } }).final.record;

describe.each(outermost(keptStates()))("the state of an earlier version (%s) at the moment at which it was left, in order:", (name) => {
  let taken: TakenUp;
  let bot: RestAgent;
  let alex: Person;
  let sam: Person;
  let kim: Person;
  /** What has ended since, by its id. */
  const ended: string[] = [];

  beforeAll(async () => {
    taken = await TakenUp.start(name, "then");
    bot = taken.agent("release-bot");
    [alex, sam, kim] = [await taken.person("alex"), await taken.person("sam"), await taken.person("kim")];
  });
  afterAll(async () => {
    await taken?.end();
  });

  test("the log has its key, its leaves and its root", async () => {
    const { vkey, checkpoint } = taken.kept.log;
    const { size, root } = treeOf(checkpoint);
    const log = await readLog(taken.origin);
    expect(log.vkey).toBe(vkey);
    expect(log.rootAt(size)).toBe(root);
    expect(log.rootAt(log.tree.size)).toBe(log.tree.root);
  });

  test("the agent is told of each request what it was told", async () => {
    const requests = Object.entries(taken.kept.requests).filter(([of, { agent }]) => agent === "release-bot" && of !== "overdue");
    expect(requests.length).toBeGreaterThan(10);
    for (const [, { view }] of requests) {
      // A sentence for reading, which may be worded anew.
      const { next: _, ...facts } = view;
      expect(await bot.read(view.request_id)).toMatchObject({ status: 200, view: facts });
    }
  });

  test("whoever was signed in still is, and sees what awaits them and every page", async () => {
    const inbox = async (person: Person) => {
      const [waiting, recent] = await Promise.all(["/", "/?tab=decided"].map(async (tab) => (await person.get(tab)).text()));
      const listedIn = (part: string) =>
        ["pending", "to-deny", "quorum", "denied"].filter((of) => part.includes(`/a/${taken.request(of).id}`));
      return [listedIn(waiting ?? ""), listedIn(recent ?? "")];
    };
    expect(await inbox(sam)).toEqual([["pending", "quorum"], ["denied"]]);
    expect(await inbox(kim)).toEqual([["pending", "to-deny"], ["denied"]]);
    const paths = ["/account", "/admin/people", "/admin/agents", "/log", "/log/entry/3", "/verify"];
    const approvals = ["pending", "denied", "approved", "succeeded", "expired", "revealed"].map((of) => `/a/${taken.request(of).id}`);
    for (const path of [...paths, ...approvals]) expect([path, (await sam.get(path)).status]).toEqual([path, 200]);
  });

  test("passkeys that stood sign in; the one that was revoked does not, nor yet the one that waits", async () => {
    const statuses: Record<string, number> = {};
    for (const username of ["alex", "sam", "kim", "dana", "robin"])
      statuses[username] = (await trySignIn(taken.origin, await taken.passkey(username))).status;
    expect(statuses).toEqual({ alex: 200, sam: 200, kim: 200, dana: 401, robin: 401 });
  });

  test("the agent that was revoked is refused, and what it had asked stays withdrawn", async () => {
    const { id, receipt } = taken.request("stopped");
    expect(said(await taken.agent("old-bot").read(id))).toEqual([401, "unauthorized"]);
    const served = await kim.get(`/api/v1/approvals/${id}/receipt`);
    expect(endOf(await served.text())).toEqual(endOf(receipt ?? ""));
    expect(endOf(receipt ?? "")).toMatchObject({ kind: "approval.cancelled", ended_by: "revocation" });
  });

  test("an idempotency key finds the request that it asked for, and serves no other", async () => {
    const { ask, id } = taken.request("pending");
    expect(await bot.ask(ask)).toMatchObject({ status: 200, view: { request_id: id } });
    expect(said(await bot.ask({ ...ask, payload: { service: "other" } }))).toEqual([409, "idempotency_conflict"]);
  });

  test("an agent that waits hears of the decision; it redeems once, and reports", async () => {
    const { id, url, ask } = taken.request("pending");
    const waiting = bot.read(id, 50);
    await sam.decide(url, "approved", "After the upgrade.");
    expect(await waiting).toMatchObject({ status: 200, view: { status: "approved", comment: "After the upgrade." } });
    expect(said(await bot.redeem(id, { ...ask.payload, replicas: 4 }))).toEqual([422, "payload_mismatch"]);
    expect(said(await bot.redeem(id, ask.payload))).toEqual([200, "approved"]);
    expect(said(await bot.redeem(id, ask.payload))).toEqual([409, "already_redeemed"]);
    expect(await bot.report(id, "succeeded")).toMatchObject({ status: 200, view: { outcome: "succeeded" } });
    ended.push(id);
  });

  test("the first signature of two counts: the second completes it", async () => {
    const { id, url } = taken.request("quorum");
    await sam.decide(url, "approved");
    expect(await bot.read(id, 10)).toMatchObject({ view: { status: "approved", approvals: 2, required: 2 } });
    const by = (await bot.read(id)).view["decided_by"] as { username: string }[];
    expect(by.map(({ username }) => username)).toEqual(["alex", "sam"]);
    ended.push(id);
  });

  test("who could decide it by their group still can, and denies", async () => {
    const { id, url } = taken.request("to-deny");
    await kim.decide(url, "denied", "Not like this.");
    expect(await bot.read(id, 10)).toMatchObject({ view: { status: "denied", comment: "Not like this." } });
    ended.push(id);
  });

  test("what was signed on a page that was open is taken", async () => {
    const { path, headers, decision } = taken.kept.unsent;
    const body = JSON.stringify(decision);
    const sent = await fetch(taken.origin + path, { method: "POST", headers: { ...headers, "content-type": "application/json" }, body });
    expect(sent.status).toBe(200);
    const { id } = taken.request("opened");
    expect(await bot.read(id, 10)).toMatchObject({ view: { status: "approved", comment: "Signed before the upgrade." } });
    ended.push(id);
  });

  test("what was approved before is redeemed by one of two calls", async () => {
    const { id, ask } = taken.request("approved");
    const answers = await Promise.all([bot.redeem(id, ask.payload, "one"), bot.redeem(id, ask.payload, "other")]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    expect(said(await bot.redeem(id, ask.payload))).toEqual([409, "already_redeemed"]);
  });

  test("what was redeemed before stays used: the same call has the same answer, and how it went may be told once", async () => {
    const { id, ask, redeemed_with: key } = taken.request("redeemed");
    expect(said(await bot.redeem(id, ask.payload))).toEqual([409, "already_redeemed"]);
    expect(await bot.redeem(id, ask.payload, key ?? "")).toMatchObject({ status: 200, view: { status: "approved" } });
    expect((await bot.report(id, "failed")).view["outcome"]).toBe("failed");
    expect((await bot.report(taken.request("unknown").id, "succeeded")).view["outcome"]).toBe("succeeded");
    expect(said(await bot.report(taken.request("succeeded").id, "failed"))).toEqual([409, "already_reported"]);
  });

  test.each(["denied", "expired", "cancelled"])("what was %s stays so", async (of) => {
    const { id, ask } = taken.request(of);
    expect(said(await bot.redeem(id, ask.payload))).toEqual([409, "not_approved"]);
    // Its page has nothing more that could be signed.
    await expect(sam.decide(taken.request(of).url, "approved")).rejects.toThrow("nonce");
    expect((await bot.read(id)).view.status).toBe(of);
  });

  test("what was revealed is there for everybody", async () => {
    const { receipt, ask } = taken.request("revealed");
    const { final } = JSON.parse(receipt ?? "") as { final: { record: unknown; proof: string } };
    const index = /^index (\d+)$/m.exec(final.proof)?.[1] ?? "";
    const revealed: unknown = await (await fetch(`${taken.origin}/log/revealed/${index}`)).json();
    expect(revealed).toMatchObject({ index: Number(index), record: final.record, payload: ask.payload });
  });

  test("a passkey that waited is signed for by two admins, and then signs in and decides", async () => {
    const passkey = await taken.passkey("robin");
    expect([(await alex.signForPasskey(passkey)).status, (await trySignIn(taken.origin, passkey)).status]).toEqual([202, 401]);
    expect((await sam.signForPasskey(passkey)).status).toBe(200);
    const robin = await Person.signIn(taken.origin, passkey);
    const { view } = await bot.ask({ action: "Delete the archive", payload: { archive: 7 }, approvers: { users: ["robin"] } });
    await robin.decide(view.approval_url, "approved");
    expect(said(await bot.redeem(view.request_id, { archive: 7 }))).toEqual([200, "approved"]);
    ended.push(view.request_id);
  });

  test("an open invitation lets somebody make a passkey; a used one is refused", async () => {
    const { open, used } = taken.kept.invitations;
    const passkey = await joinWith(open, "noor", "Noor Example");
    expect((await alex.signForPasskey(passkey)).status).toBe(202);
    await expect(joinWith(open, "noor", "Noor Example")).rejects.toThrow("invite_invalid");
    await expect(joinWith(used, "robin", "Robin Example")).rejects.toThrow("invite_invalid");
  });

  test("one admin's signature waits for the other's, who completes the agent", async () => {
    const { id, name: called } = taken.kept.proposed_agent;
    const made = await sam.signForAgent(called, id);
    expect(made.status).toBe(201);
    const agent = (await made.json()) as Agent;
    expect(agent).toMatchObject({ id, name: called });
    expect((await taken.callAs(agent).ask({ action: "Say hello", payload: {} })).status).toBe(201);
  });

  test("a deadline that passes soon after ends the request", async () => {
    const { id } = taken.request("overdue");
    expect((await bot.read(id, 50)).view.status).toBe("expired");
    ended.push(id);
  });

  test("receipts from before verify with the log's key from before, and say what they said; so do the new ones", async () => {
    const kept = Object.entries(taken.kept.requests).flatMap(([of, { view, receipt }]) =>
      receipt === null ? [] : [{ of, view, receipt }],
    );
    expect(kept.length).toBeGreaterThan(8);
    for (const { of, view, receipt } of kept) {
      expect([of, await taken.verify(receipt)]).toEqual([of, 0]);
      if (of !== "stopped") expect(endOf(await bot.receipt(view.request_id))).toEqual(endOf(receipt));
    }
    for (const id of ended) expect([id, await taken.verify(await bot.receipt(id))]).toEqual([id, 0]);
    expect(await taken.verify((kept[0]?.receipt ?? "").replace('"replicas":3', '"replicas":4'))).toBe(1);
  }, 300_000);

  test("the log has grown, and is for everybody who watched it the one that it was", async () => {
    const { size, root } = treeOf(taken.kept.log.checkpoint);
    const log = await readLog(taken.origin);
    expect(log.tree.size).toBeGreaterThan(size + 10);
    expect([log.rootAt(size), log.rootAt(log.tree.size)]).toEqual([root, log.tree.root]);
    expect(await taken.inspect(await bot.receipt(ended[0] ?? ""))).toEqual({ fsck: 0, monitor: 0, client: 0 });
  });
});

describe.each(outermost(keptStates()))("the state of an earlier version (%s) that was down until now", (name) => {
  let taken: TakenUp;
  beforeAll(async () => {
    taken = await TakenUp.start(name, "now");
  });
  afterAll(async () => {
    await taken?.end();
  });

  test("what has expired meanwhile is recorded so; people and agents go on, and all that watch the log are content", async () => {
    const bot = taken.agent("release-bot");
    const { id } = taken.request("overdue");
    expect((await bot.read(id, 10)).view.status).toBe("expired");
    expect(await taken.verify(await bot.receipt(id))).toBe(0);
    expect(said(await taken.agent("old-bot").read(id))).toEqual([401, "unauthorized"]);

    const sam = await Person.signIn(taken.origin, await taken.passkey("sam"));
    const { view } = await bot.ask({ action: "Deploy", payload: { service: "api" } });
    await sam.decide(view.approval_url, "approved");
    expect(said(await bot.redeem(view.request_id, { service: "api" }))).toEqual([200, "approved"]);
    expect(await taken.inspect(await bot.receipt(view.request_id))).toEqual({ fsck: 0, monitor: 0, client: 0 });
    expect((await readLog(taken.origin)).vkey).toBe(taken.kept.log.vkey);
  });
});

// Of a version that knew no archive: its objects have no alarm for it. Those of later versions have, by the runtime's own clock, which is not set here.
describe.each(keptStates().slice(0, 1))("the state of an earlier version (%s) when its requests are over long ago", (name) => {
  const DAYS_TO_THE_ARCHIVE = 30;
  const STARTING_MS = 15_000;
  /** When nothing more can become of what was denied. */
  const deniedIsOver = ({ requests }: Kept): number => Date.parse(String(requests["denied"]?.view["use_by"]));
  let taken: TakenUp;
  beforeAll(async () => {
    // Its time comes once the service has started; where that took longer, its alarm comes as late again.
    taken = await TakenUp.start(name, (kept) => deniedIsOver(kept) + DAYS_TO_THE_ARCHIVE * 86_400_000 - STARTING_MS);
  });
  afterAll(async () => {
    await taken?.end();
  });

  test("one that is touched goes to the archive, and is told and proven as before", async () => {
    const bot = taken.agent("release-bot");
    const { id, ask, view, receipt } = taken.request("denied");
    const { next: _, ...facts } = view;
    expect(taken.archivedTexts()).toBe(0);
    expect(await bot.read(id)).toMatchObject({ status: 200, view: facts });
    await expect.poll(() => taken.archivedTexts(), { timeout: 240_000 }).toBe(2);
    expect(await bot.read(id)).toMatchObject({ status: 200, view: facts });
    expect(await bot.ask(ask)).toMatchObject({ status: 200, view: facts });
    expect(said(await bot.ask({ ...ask, payload: { service: "other" } }))).toEqual([409, "idempotency_conflict"]);
    const served = await bot.receipt(id);
    expect(endOf(served)).toEqual(endOf(receipt ?? ""));
    expect(await taken.verify(served)).toBe(0);
  });
});
