/** What an approval page tells beside a request, over the real routes: of whose calls and requests, and to whom. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { parseJson } from "#countersign/json/canonical-json.ts";
import { type ApprovalPageData, approvalPageShape } from "#api/approval-page-data.ts";
import { service } from "#test/workerd/faults/journeys.ts";
import { ask, decided } from "#test/workerd/support/approvals.ts";
import { admitted } from "#test/workerd/support/invited.ts";
import { approvedCall, openedCall, resetWorld, wanted } from "#test/workerd/support/gated-calls.ts";
import { call, makeAgent, type Someone } from "#test/workerd/support/people.ts";

const cast = service();
beforeEach(async () => {
  resetWorld();
  // What other tests approved is nothing that these compare with.
  await env.DB.prepare("DELETE FROM approved_call").run();
});

async function pageOf(person: Someone, id: string): Promise<{ html: string; data: ApprovalPageData }> {
  const html = await (await call("GET", `/a/${id}`, { cookie: person.cookie })).text();
  const block = /<script[^>]*id="approval-data"[^>]*>([^<]*)<\/script>/.exec(html)?.[1] ?? "null";
  const read = parseJson(block);
  if (!read.ok) throw new Error("no data block");
  return { html, data: approvalPageShape(read.value, "") };
}

const another = (service_: string) => ({ ...wanted(), args: { service: service_, server: "answers" } });
const lastRows = async () => (await env.DB.prepare("SELECT action, id FROM approved_call").all()).results;

describe("the page of a call", () => {
  it("says what is said of its tool, and what differs from the last approved one, of which one row is kept", async () => {
    const { person } = cast();
    const first = await approvedCall(cast(), another("api"));
    const second = await openedCall(cast(), another("web"));
    const { html, data } = await pageOf(person, second);
    expect(data.aids?.call).toMatchObject({ definition: { name: "deploy" }, asked: null });
    expect(data.aids?.previous).toMatchObject({ request: first, payload: { arguments: { service: "api" } } });
    expect(html).toContain('aria-label="What differs"');
    expect(html).toContain('aria-label="Session"');
    await decided(person, second, "approved");
    expect(await lastRows()).toEqual([{ action: "tools.deploy", id: second }]);
    // Once it is decided nothing is compared.
    expect((await pageOf(person, second)).data.aids?.previous).toBeNull();
  });

  it("compares with nothing that was denied, nor with an ask that calls itself so", async () => {
    const { person, agent } = cast();
    await decided(person, await openedCall(cast(), another("api")), "denied");
    const asked = await ask(agent, { action: "tools.deploy", payload: { service: "api" } });
    await decided(person, asked.request_id, "approved");
    expect(await lastRows()).toEqual([]);
    expect((await pageOf(person, await openedCall(cast(), another("web")))).data.aids?.previous).toBeNull();
  });

  it("compares with nothing that its reader could not decide; what they ask of is told without its action", async () => {
    const { person, agent } = cast();
    await approvedCall(cast(), another("secret-api"));
    const asked = await ask(agent, { action: "Read the secret plan", approvers: { users: ["alex"] } });
    const sam = await admitted(person, "sam", ["approver"]);
    const id = await openedCall(cast(), another("web"));
    const theirs = await pageOf(sam, id);
    expect(theirs.data.aids?.previous).toBeNull();
    expect(theirs.html).not.toContain("secret");
    expect(theirs.html).toContain("A request that others decide");
    expect(theirs.html).not.toContain(asked.request_id);
    const own = await pageOf(person, id);
    expect(own.data.aids?.previous?.payload).toMatchObject({ arguments: { service: "secret-api" } });
    expect(own.html).toContain("Read the secret plan");
  });
});

it("the page of an ask tells what its agent did and no other, and marks what is dangerous", async () => {
  const { person, agent } = cast();
  await ask(agent, { action: "Rotate the keys" });
  const other = await makeAgent(person, "other-bot");
  await ask(other, { action: "Water the plants" });
  const { request_id: id } = await ask(agent, { action: "Clean up", payload: { command: "rm -rf /srv" } });
  const { html, data } = await pageOf(person, id);
  expect(html).toContain("Rotate the keys");
  expect(html).not.toContain("Water the plants");
  expect(html).not.toContain(`<a href="/a/${id}">`);
  expect(data.aids).toMatchObject({ call: null, previous: null, marks: [{ at: ["command"], kind: "danger", says: "Deletes files" }] });
  expect(html).toContain('<mark class="danger" title="Deletes files">');
});

describe("what is new beside what was approved before", () => {
  const pay = (iban: string, amount: number) => ({ action: `Pay ${amount}`, payload: { iban, amount } });
  const looks = async (person: Someone, id: string) =>
    ((await pageOf(person, id)).data.aids?.looks ?? []).map(({ says, shown }) => [says, shown]);

  it("is told of the same agent's asks with the same members, that people approved", async () => {
    const { person, agent } = cast();
    const approved = async (one: ReturnType<typeof pay>) => decided(person, (await ask(agent, one)).request_id, "approved");
    await approved(pay("DE89370400440532013000", 200));
    await approved(pay("DE89370400440532013000", 210));
    await decided(person, (await ask(agent, pay("GB29NWBK60161331926819", 9_000))).request_id, "denied");
    await ask(agent, pay("GB29NWBK60161331926819", 9_001));
    await approved({ action: "Pay", payload: { iban: "GB29NWBK60161331926819", amount: 9_000, memo: "other" } } as never);
    const { request_id: id } = await ask(agent, pay("GB29NWBK60161331926819", 2_100));
    expect(await looks(person, id)).toEqual([
      ["New, not in the last 2 approved", "GB29NWBK60161331926819"],
      ["10 times the usual of the last 2 approved", "2100"],
    ]);
    expect(await looks(person, (await ask(agent, pay("DE89370400440532013000", 205))).request_id)).toEqual([]);
    // What another agent was allowed says nothing of this one.
    const other = await makeAgent(person, "other-payer");
    expect(await looks(person, (await ask(other, pay("GB29NWBK60161331926819", 2_101))).request_id)).toEqual([]);
  });

  it("is told to nobody by what they could not have decided", async () => {
    const { person, agent } = cast();
    const mine = { ...pay("DE89370400440532013001", 100), approvers: { users: ["alex"] } };
    await decided(person, (await ask(agent, mine)).request_id, "approved");
    const sam = await admitted(person, "samira", ["approver"]);
    const { request_id: id } = await ask(agent, pay("GB29NWBK60161331926811", 5_000));
    expect(await looks(sam, id)).toEqual([]);
    expect((await looks(person, id)).length).toBeGreaterThan(0);
  });
});
