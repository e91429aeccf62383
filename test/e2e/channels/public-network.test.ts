/** Where `npm start` lets the gate connect to for somebody else: judged by the runtime, by the address that it is about to connect to. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";

const ASK = fileURLToPath(new URL("../../support/channels/ask-public-network.mjs", import.meta.url));

let inside: string[] = [];
let asked = 0;
const server = createServer((_, response) => {
  asked++;
  response.end("ok");
});

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  // A name, which resolves to what the other is.
  inside = [`http://localhost:${port}/`, `http://127.0.0.1:${port}/`];
});
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await once(server, "close");
});

/** The Node that runs the tests, so that no other is looked for. */
async function ask(variables: object, addresses: string[]): Promise<string[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [ASK, JSON.stringify(variables), ...addresses]);
  return JSON.parse(stdout) as string[];
}

it("nothing inside, by its address or by a name that resolves to it", async () => {
  expect(await ask({}, [...inside, "http://10.0.0.1/", "http://169.254.169.254/"])).toEqual(["refused", "refused", "refused", "refused"]);
  expect(asked).toBe(0);
});

it("in development this machine too, and nothing else inside", async () => {
  const answers = await ask({ ALLOW_LOOPBACK_ADDRESSES: "true" }, [...inside, "http://10.0.0.1/", "http://169.254.169.254/"]);
  expect(answers).toEqual(["200", "200", "refused", "refused"]);
});
