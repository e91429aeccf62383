/** What people say about a call before they decide, at the gate's own address: a question, its answer, and the number to pick. */
import { beforeEach, expect, it } from "vitest";
import { type Agent, decided } from "#test/workerd/support/approvals.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import { given } from "#test/workerd/support/invited.ts";
import { enrolFirst, makeAgent, outcome, type Someone } from "#test/workerd/support/people.ts";
import { policyOf, publish } from "#test/workerd/support/policies.ts";
import { callTool } from "#test/workerd/support/servers/gateway-call.ts";
import { acceptedTools, signServer } from "#test/workerd/support/servers/signed-servers.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";
import { askedBack } from "#test/workerd/support/talk/asking.ts";
import { approveWith } from "#test/workerd/support/talk/numbers.ts";

const HOST = "modern.mcp.example.com";
const requestOf = (text: string): string => /apr_[\w-]{32}/.exec(text)?.[0] ?? "none";

let alex: Someone;
let agent: Agent;
beforeEach(async () => {
  await emptyStorage();
  await receivers.reset();
  alex = await enrolFirst();
  agent = await makeAgent(alex);
  const server = { draft: "add", name: "stock", url: `https://${HOST}/mcp`, authentication: { kind: "none" } };
  await given((await signServer(alex, server)).answer, 201);
  await given(await acceptedTools(alex, null, "stock"));
});

const rule = (risk: string) =>
  policyOf([{ name: "deletes", match: { source: "call", tool: "delete_item" }, effect: "require_approval", risk, separation: false }]);
const deleteItem = (waitSeconds: number) =>
  callTool(agent.key, "stock", "delete_item", {}, { "dev.countersign/wait_seconds": waitSeconds });
const resume = (args: object) => callTool(agent.key, "stock", "resume_call", args);
const sent = async () => (await receivers.requests(HOST)).filter(({ body }) => body.includes('"name":"delete_item"')).length;

it("a question ends the wait of resume_call, which takes the answer and waits on to the call's own result", async () => {
  await publish(alex, rule("medium"));
  const id = requestOf(await deleteItem(0));
  const waiting = resume({ request_id: id, wait_seconds: 30 });
  await askedBack(alex, id, "Which item?");
  const asked = await waiting;
  expect(asked).toContain("Before deciding, alex asks you: Which item?");
  expect(asked).toContain("NOT DONE YET");
  expect(await resume({ request_id: id, answer: "" })).toContain("invalid_request");
  expect(asked).toContain('\\"question_id\\": \\"1\\"');
  expect(await resume({ request_id: id, question_id: 1, answer: "The first." })).toContain("invalid_request");
  expect(await resume({ request_id: id, question_id: "2", answer: "The first." })).toContain("no_question");
  const going = resume({ request_id: id, question_id: "1", answer: "The first.", wait_seconds: 30 });
  await decided(alex, id, "approved");
  expect(await going).not.toContain("isError");
  expect(await resume({ request_id: id, answer: "Another." })).toContain("already_final");
  expect(await sent()).toBe(1);
});

it("what is grave is answered at once with the number to show, where nobody could be told of it meanwhile", async () => {
  await publish(alex, rule("high"));
  const text = await deleteItem(50);
  const id = requestOf(text);
  const number = /the number ([1-9][0-9]), which they have to pick/.exec(text)?.[1] ?? "none";
  expect(text).toContain(`"match_code":"${number}"`);
  expect(await outcome(await approveWith(alex, id, null))).toEqual([403, "number_not_matched"]);
  expect((await approveWith(alex, id, number)).status).toBe(200);
  expect(await resume({ request_id: id })).not.toContain("isError");
  expect(await sent()).toBe(1);
});
