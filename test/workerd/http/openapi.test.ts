/** What `/api/v1` answers, held against the OpenAPI document that describes it. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { CfWorkerJsonSchemaValidator } from "@modelcontextprotocol/server/validators/cf-worker";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ask, askFor, decided, PAYLOAD, personAndAgent, type Agent } from "#test/workerd/support/approvals.ts";
import { putPush } from "#test/workerd/support/channels/channels-in-force.ts";
import { addContact, device } from "#test/workerd/support/channels/notifications.ts";
import { changeRoles, confirm, enrolInvited, invite } from "#test/workerd/support/invited.ts";
import { authorise, call, draftAgent, type Someone } from "#test/workerd/support/people.ts";
import { emptyStorage, objectOf } from "#test/workerd/support/storage.ts";

interface Schema {
  $ref?: string;
  required?: string[];
  [keyword: string]: unknown;
}
interface OpenApi {
  paths: Record<string, Record<string, { responses: Record<string, { content?: Record<string, { schema: Schema }> }> }>>;
  components: { schemas: Record<string, Schema> };
}

let api: OpenApi;
/** The answers that fit, by the name of their schema or the route that has one of its own. */
let answers: Map<string, object[]>;
let person: Someone;
let agent: Agent;
beforeEach(async () => {
  await emptyStorage();
  api = await (await call("GET", "/api/v1/openapi.json")).json();
  answers = new Map();
  ({ person, agent } = await personAndAgent());
});
afterEach(() => {
  vi.useRealTimers();
});

const schemaOf = (route: string, status: number): [name: string, schema: Schema] => {
  const [method = "", path = ""] = route.split(" ");
  const found = api.paths[path]?.[method.toLowerCase()]?.responses[status]?.content?.["application/json"]?.schema;
  if (found === undefined) throw new Error(`nothing describes ${status} of ${route}`);
  const name = found.$ref?.split("/").at(-1);
  return name === undefined ? [`${route} ${status}`, found] : [name, api.components.schemas[name] ?? {}];
};

/** References in a schema begin at its root. */
function validatorOf(schema: Schema) {
  const whole: Schema = { ...schema, components: api.components };
  return new CfWorkerJsonSchemaValidator().getValidator(whole);
}

/** The answer of a route, which fits what the document says of that status. */
async function fitting<T extends object>(route: string, status: number, answer: Response | Promise<Response>): Promise<T> {
  const response = await answer;
  const [name, schema] = schemaOf(route, status);
  const body = await response.json<T>();
  expect([route, response.status]).toEqual([route, status]);
  expect([route, validatorOf(schema)(body)]).toMatchObject([route, { valid: true }]);
  answers.set(name, [...(answers.get(name) ?? []), body]);
  return body;
}

/** What every answer of a schema had, and so what the document has to call required. */
function always(name: string): string[] {
  const [first = {}, ...others] = answers.get(name) ?? [];
  return Object.keys(first).filter((member) => others.every((other) => member in other));
}
const requiredOf = (name: string): string[] => {
  const [route, status] = [name.slice(0, name.lastIndexOf(" ")), Number(name.slice(name.lastIndexOf(" ") + 1))];
  return (name.includes(" ") ? schemaOf(route, status)[1] : api.components.schemas[name])?.required ?? [];
};

const asAgent = (method: string, path: string, body?: object) =>
  call(method, `/api/v1/approvals${path}`, { key: agent.key, origin: null, ...(body === undefined ? {} : { body }) });
const asPerson = (method: string, path: string, body?: object) =>
  call(method, `/api/v1${path}`, { cookie: person.cookie, ...(body === undefined ? {} : { body }) });

it("agents: every way that a request goes, and nothing is required that one of them lacks, nor left out that all have", async () => {
  const once = { "idempotency-key": "once" };
  const { request_id: id } = await fitting<{ request_id: string }>("POST /approvals", 201, askFor(agent, { reason: "Ticket" }, once));
  await fitting("POST /approvals", 200, askFor(agent, { reason: "Ticket" }, once));
  await fitting("GET /approvals/{id}", 200, asAgent("GET", `/${id}`));
  await decided(person, id, "approved", { comment: "Looks right" });
  await fitting("GET /approvals/{id}", 200, asAgent("GET", `/${id}`));
  await fitting("POST /approvals/{id}/redeem", 200, asAgent("POST", `/${id}/redeem`, { payload: PAYLOAD }));
  await fitting("POST /approvals/{id}/outcome", 200, asAgent("POST", `/${id}/outcome`, { outcome: "succeeded" }));
  await fitting("GET /approvals/{id}/receipt", 200, asAgent("GET", `/${id}/receipt`));

  const denied = await ask(agent);
  await decided(person, denied.request_id, "denied");
  await fitting("GET /approvals/{id}", 200, asAgent("GET", `/${denied.request_id}`));
  const cancelled = await ask(agent);
  await fitting("POST /approvals/{id}/cancel", 200, asAgent("POST", `/${cancelled.request_id}/cancel`, { reason: "Not needed" }));
  const late = await ask(agent, { expires_in_seconds: 30 });
  vi.useFakeTimers({ toFake: ["Date"], now: Date.parse(late.expires_at) });
  await runDurableObjectAlarm(objectOf(env.APPROVAL_REQUEST.getByName(late.request_id)));
  await fitting("GET /approvals/{id}", 200, asAgent("GET", `/${late.request_id}`));

  const below = (method: string, path = "", body?: object) =>
    call(method, `/api/v1/agents/self/delegations${path}`, { key: agent.key, origin: null, ...(body === undefined ? {} : { body }) });
  await fitting("POST /agents/self/delegations", 201, below("POST", "", { name: "helper", servers: ["files"], tools: ["files.read"] }));
  await fitting("POST /agents/self/delegations", 201, below("POST", "", { name: "other helper" }));
  await fitting("GET /agents/self/delegations", 200, below("GET"));

  const seen = new Set(answers.get("Approval")?.map((view) => (view as { status: string }).status));
  expect([...seen].toSorted()).toEqual(["approved", "cancelled", "denied", "expired", "pending"]);
  expect(requiredOf("Approval").toSorted()).toEqual(always("Approval").toSorted());
  expect(requiredOf("Approval")).toContain("status");
});

it("people: the same", async () => {
  const authorisation = await authorise(person.passkey, await draftAgent(person, "other-bot"));
  await fitting("POST /agents", 201, asPerson("POST", "/agents", { name: "other-bot", authorisation }));
  await fitting("GET /agents", 200, asPerson("GET", "/agents"));
  await fitting("POST /invites", 201, asPerson("POST", "/invites", { roles: ["approver"], username: "robin" }));
  const waiting = await enrolInvited(await invite(person), "blair");
  await fitting("GET /invites", 200, asPerson("GET", "/invites"));
  await fitting("GET /people", 200, asPerson("GET", "/people"));
  await fitting("POST /people/{id}/passkeys/{credential_id}/confirm", 200, confirm(person, waiting));
  await fitting("PUT /people/{id}/roles", 200, changeRoles(person, waiting.id, ["auditor"]));
  await fitting("GET /people", 200, asPerson("GET", "/people"));
  await fitting("GET /people/{id}", 200, asPerson("GET", `/people/${waiting.id}`));
  await fitting("GET /people/{id}/sessions", 200, asPerson("GET", `/people/${person.id}/sessions`));
  await fitting("GET /sessions", 200, asPerson("GET", "/sessions"));
  await fitting("GET /me", 200, asPerson("GET", "/me"));
  await fitting("POST /me/contacts", 201, addContact(person, await device(await putPush(), "https://push.example.com/1")));
  await fitting("GET /me/notifications", 200, asPerson("GET", "/me/notifications"));
  for (const name of answers.keys()) expect([name, requiredOf(name).toSorted()]).toEqual([name, always(name).toSorted()]);
});

it("a refusal is a problem, as the document describes it", async () => {
  const refused = await asAgent("POST", "", { action: 7 });
  const body = await refused.json<object>();
  const validate = validatorOf(api.components.schemas["Problem"] ?? {});
  expect([refused.status, validate(body), validate({})]).toMatchObject([400, { valid: true }, { valid: false }]);
});
