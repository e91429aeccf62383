/**
 * What somebody does who has installed the package, in whatever Node runs this: `scenario.mjs VECTORS`, in the folder where it is
 * installed. Says on standard output, as JSON, what came of it. On Node and the package alone.
 */
import { execFile } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { anywhere } from "./anywhere-scenario.mjs";

const [vectors] = process.argv.slice(2);
const [sdk, { parseReceipt, verifyReceipt }, { LogClient }, testing] = await Promise.all(
  ["countersign", "countersign/verify", "countersign/log", "countersign/testing"].map((name) => import(name)),
);
const { Countersign, CountersignClient } = sdk;
const { StubCountersign } = testing;

const stub = new StubCountersign();
/** Passes a call on to the stub, and its answer back. */
async function serve(incoming, outgoing) {
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const { method, url: path, headers } = incoming;
  const body = method === "GET" ? undefined : Buffer.concat(chunks);
  const answer = await stub.fetch(`http://localhost${path}`, { method, headers, body });
  outgoing.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
}

const server = createServer((incoming, outgoing) => void serve(incoming, outgoing));
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const url = `http://127.0.0.1:${server.address().port}`;

/** A request from asking to its outcome; resolves to the status and code of each step. */
async function approval() {
  const client = new CountersignClient({ url, apiKey: stub.apiKey });
  const payload = { version: "4.2.0" };
  const asked = await client.request({ action: "Deploy", payload });
  const { request_id } = asked.value;
  const waiting = client.wait(request_id, 30);
  setTimeout(() => stub.decide(request_id, "approved"), 50);
  const waited = await waiting;
  const changed = await client.redeem(request_id, { version: "4.2.1" });
  const redeemed = await client.redeem(request_id, payload, "key");
  const again = await client.redeem(request_id, payload, "another");
  const reported = await client.outcome(request_id, "succeeded");
  const refused = await client.request({ action: "Deploy", payload: { at: new Date() } });
  return {
    statuses: [asked, waited].map(({ value }) => value.status),
    codes: [changed, again, refused].map(({ refusal }) => refusal.code),
    outcome: [redeemed.value.redeemed_at !== undefined, reported.value.outcome],
  };
}

const read = (name) => readFileSync(join(vectors, name), "utf8");
const { vkey, origin } = JSON.parse(read("trust.json"));

async function verify() {
  const text = read("receipt-approved.json");
  const judge = async (content) => {
    const receipt = parseReceipt(content);
    const verified = receipt.ok ? await verifyReceipt(receipt.value, { vkey, origin }) : receipt;
    return verified.ok ? verified.value.status : verified.refusal.code;
  };
  return [await judge(text), await judge(text.replace('"verdict": "approved"', '"verdict": "denied"'))];
}

/** Runs the command line; resolves to its exit code and the first line of what it said. */
function countersign(args, environment = {}, cwd = ".") {
  const cli = resolve("node_modules", "countersign", "dist", "cli.js");
  const env = { ...process.env, ...environment };
  return new Promise((settle) => {
    execFile(process.execPath, [cli, ...args], { env, cwd }, (error, stdout, stderr) => {
      const [said = ""] = (stdout || stderr).split("\n");
      settle([error === null ? 0 : error.code, said]);
    });
  });
}

async function commands() {
  const folder = mkdtempSync(join(tmpdir(), "countersign-scenario-"));
  const receipt = join(folder, "receipt.json");
  copyFileSync(join(vectors, "receipt-approved.json"), receipt);
  const state = { COUNTERSIGN_STATE: join(folder, "state") };
  const service = { ...state, COUNTERSIGN_URL: url, COUNTERSIGN_API_KEY: stub.apiKey };
  const trusting = [receipt, "--vkey", vkey, "--origin", origin];
  writeFileSync(join(folder, "empty.sql"), "");
  return {
    help: await countersign(["--help"]),
    verify: await countersign(["verify", ...trusting]),
    remember: [...(await countersign(["verify", ...trusting, "--remember"], state)), existsSync(join(folder, "state", "logs.json"))],
    request: await countersign(["request", "--action", "Deploy", "--payload-json", "{}", "--wait", "0"], service),
    policyInit: await countersign(["policy", "init"], {}, folder),
    policyTest: await countersign(["policy", "test", "policy.yaml", "policy.cases.yaml"], {}, folder),
    fsck: await countersign(["fsck", join(folder, "empty.sql")]),
    fsckLocal: await countersign(["fsck", "--local"]),
  };
}

/** What is first seen of a log is kept where the command line keeps it, for a program that gives no key. */
async function remembers() {
  process.env.COUNTERSIGN_STATE = join(mkdtempSync(join(tmpdir(), "countersign-scenario-")), "state");
  const onProgress = ({ kind, state }) => kind === "asked" && stub.decide(state.request_id, "approved");
  await new Countersign({ url, apiKey: stub.apiKey }).requestApproval({ action: "Deploy", payload: {}, onProgress });
  return readFileSync(join(process.env.COUNTERSIGN_STATE, "logs.json"), "utf8").includes(stub.logKey);
}

const log = await new LogClient({ url: `${url}/log` }).vkey();
const result = {
  node: process.versions.node,
  approval: await approval(),
  verify: await verify(),
  log: log.value === stub.logKey,
  anywhere: await anywhere(sdk, testing),
  remembers: await remembers(),
  cli: await commands(),
};
server.close();
console.log(JSON.stringify(result));
