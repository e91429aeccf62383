/**
 * The official conformance scenarios of clients that authorise themselves (`auth/…`), against the gate as such a client: an admin adds their
 * server, goes to their issuer and back, signs, and the gate lists and calls it.
 */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { rmSync } from "node:fs";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Connecting, type GivenClient } from "#test/support/servers/oauth/connect.ts";
import { conformClient } from "#test/support/service/conformance.ts";
import { type Agent, Person } from "#test/support/service/person.ts";
import { type Service, startService } from "#test/support/service/service.ts";

const ALL_PASSES = "type: countersign/policy@v1\nrules:\n  - { name: all, match: { source: call }, effect: allow }\n";

let service: Service;
let person: Person;
let agent: Agent;
let connecting: Connecting;
/** What the suite's client is: whoever it runs asks here, with the address of its server. */
let door: Server;
let servers = 0;
/** Whether an admin looks again what the server says, and signs for it. */
let changes = false;

interface Knock {
  url: string;
  context: { client_id?: string; client_secret?: string };
}

async function callAt(name: string): Promise<void> {
  const { items } = (await (await person.get(`/api/v1/servers/${name}/tools`)).json()) as { items: { name: string }[] };
  if (items.length === 0) return;
  await person.acceptTools(name);
  const body = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: items[0]?.name, arguments: {} } };
  await fetch(`${service.origin}/mcp/${name}`, {
    method: "POST",
    headers: { "X-Api-Key": agent.key, "content-type": "application/json", accept: "application/json, text/event-stream" },
    body: JSON.stringify(body),
  }).then((answer) => answer.text());
}

beforeAll(async () => {
  service = await startService({ env: { ALLOW_LOOPBACK_ADDRESSES: "true" } });
  person = await Person.enrolFirst(service);
  agent = await person.makeAgent("conformance");
  await person.publishPolicy(ALL_PASSES);
  connecting = new Connecting(person, service.origin);
  door = createServer((incoming, outgoing) => {
    const attempt = async (): Promise<void> => {
      const { url, context } = JSON.parse(await text(incoming)) as Knock;
      const [name, { client_id: id, client_secret: secret }] = [`c${++servers}`, context];
      const given: GivenClient | null =
        id === undefined || secret === undefined ? null : { client_id: id, client_secret: secret, token_auth: "basic" };
      await connecting.add(name, url, given);
      await connecting.connect(name);
      await callAt(name);
      if (!changes) return;
      await connecting.change(name, url);
      await connecting.connect(name);
      await callAt(name);
    };
    void attempt().then(
      () => outgoing.writeHead(200).end(),
      (error: unknown) => outgoing.writeHead(500).end(String(error)),
    );
  }).listen(0, "127.0.0.1");
  await once(door, "listening");
});
afterAll(async () => {
  door?.close();
  await service?.stop();
  if (service) rmSync(service.stateDir, { recursive: true });
});

const knockAt = () => `http://127.0.0.1:${(door.address() as { port: number }).port}/`;

/** What the gate does otherwise, and why; nothing else may fail. */
const OTHERWISE: Readonly<Record<string, readonly string[]>> = {
  // It is fetched over HTTPS from a public address, which a gate on one's own machine has not: it registers.
  "auth/basic-cimd": ["cimd-client-id-used"],
  // What the gate may ask for is signed for. More of it needs another signature, and no server's word.
  "auth/scope-step-up": ["scope-step-up-initial", "scope-step-up-escalation", "sep-2350-scope-union-on-reauth"],
};

const SCENARIOS = [
  "metadata-default",
  "metadata-var1",
  "metadata-var2",
  "metadata-var3",
  "basic-cimd",
  "scope-from-www-authenticate",
  "scope-from-scopes-supported",
  "scope-omitted-when-undefined",
  "scope-step-up",
  "scope-retry-limit",
  "token-endpoint-auth-basic",
  "token-endpoint-auth-post",
  "token-endpoint-auth-none",
  "pre-registration",
  "resource-mismatch",
  "offline-access-scope",
  "offline-access-not-supported",
  "authorization-server-migration",
  "iss-supported",
  "iss-not-advertised",
  "iss-supported-missing",
  "iss-wrong-issuer",
  "iss-unexpected",
  "iss-normalized",
  "metadata-issuer-mismatch",
].map((scenario) => `auth/${scenario}`);

it.each(SCENARIOS)("2026-07-28: %s", async (scenario) => {
  // Another issuer than was signed for is gone to by nobody, until an admin has looked and signed.
  changes = scenario === "auth/authorization-server-migration";
  const checks = await conformClient(scenario, "2026-07-28", knockAt());
  const wrong = checks.filter(({ status }) => status === "FAILURE" || status === "WARNING");
  expect(wrong.map(({ id }) => id).toSorted()).toEqual((OTHERWISE[scenario] ?? []).toSorted());
  expect(checks.filter(({ status }) => status === "SUCCESS").length).toBeGreaterThan(0);
});
