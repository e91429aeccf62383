/** Servers behind the gate of a service of their own, with agents and a policy that lets every call pass; and both official clients. */
import { rmSync } from "node:fs";
import { Client as Client2026, StreamableHTTPClientTransport as Transport2026 } from "@modelcontextprotocol/client";
import { Client as Client2025 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as Transport2025 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { type Agent, Person } from "#test/support/service/person.ts";
import { type Service, startService } from "#test/support/service/service.ts";

const EVERYTHING_PASSES = "type: countersign/policy@v1\nrules:\n  - { name: all, match: { source: call }, effect: allow }\n";

export interface GatedServers {
  service: Service;
  agent: Agent;
  /** Who has nothing to do with what the first one does. */
  stranger: Agent;
  stop(): Promise<void>;
}

export async function gate(servers: readonly { name: string; url: string; features?: object }[]): Promise<GatedServers> {
  const service = await startService({ env: { ALLOW_LOOPBACK_ADDRESSES: "true" } });
  const person = await Person.enrolFirst(service);
  const agent = await person.makeAgent("release-bot");
  const stranger = await person.makeAgent("stranger");
  for (const server of servers) {
    await person.addServer(server);
    await person.acceptTools(server.name);
  }
  await person.publishPolicy(EVERYTHING_PASSES);
  return {
    service,
    agent,
    stranger,
    async stop() {
      await service.stop();
      rmSync(service.stateDir, { recursive: true });
    },
  };
}

const INFO = { name: "test", version: "1" };
const CAPABILITIES = { sampling: {}, elicitation: { form: {}, url: {} }, roots: {} };

/** A client of 2025-11-25, and its transport. */
export async function connect2025(url: string, { key }: Agent): Promise<{ client: Client2025; transport: Transport2025 }> {
  const client = new Client2025(INFO, { capabilities: CAPABILITIES });
  const transport = new Transport2025(new URL(url), { requestInit: { headers: { "X-Api-Key": key } } });
  await client.connect(transport);
  return { client, transport };
}

export async function connect2026(url: string, { key }: Agent): Promise<Client2026> {
  const client = new Client2026(INFO, { capabilities: CAPABILITIES, versionNegotiation: { mode: { pin: "2026-07-28" } } });
  await client.connect(new Transport2026(new URL(url), { requestInit: { headers: { "X-Api-Key": key } } }));
  return client;
}
