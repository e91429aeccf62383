/**
 * A program whose dangerous act is behind the gate, as a process that can be killed: `deploying.ts FILE [STATE]` adds a line to FILE once
 * people have approved it, going on with the request of STATE if there is one. Says on standard output, as JSON lines, what happens.
 */
import { appendFileSync } from "node:fs";
import { Countersign, CountersignError } from "#countersign/cli/node-client.ts";

const [file = "", state] = process.argv.slice(2);
const { COUNTERSIGN_URL: url = "", COUNTERSIGN_API_KEY: apiKey = "" } = process.env;
const say = (what: object): void => void process.stdout.write(`${JSON.stringify(what)}\n`);

const deploy = new Countersign({ url, apiKey }).gate(
  ({ version }: { version: string }) => {
    appendFileSync(file, `${version}\n`);
    return version;
  },
  { action: "Deploy api to production", onProgress: ({ kind, state: asked }) => say({ kind, state: asked }) },
);

const args = { version: "4.2.0" };
try {
  say({
    done: await (state === undefined
      ? deploy(args)
      : deploy.resume(JSON.parse(state) as { request_id: string; payload_hash: string }, args)),
  });
} catch (error) {
  if (!(error instanceof CountersignError)) throw error;
  say({ code: error.code, message: error.message });
}
