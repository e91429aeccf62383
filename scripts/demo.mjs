/**
 * `npm run demo`: a whole approval to watch. An agent asks over MCP, a person decides, the agent redeems and reports, and
 * the receipt is checked offline, as it is and with one value changed. With --unattended, or in continuous integration, a
 * passkey in software plays the person, and says so.
 */
import { parseArgs } from "node:util";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { describe as inWords } from "../packages/countersign/src/cli/verify/describe.ts";
import { visible } from "../packages/countersign/src/cli/visible.ts";
import { CountersignClient } from "../packages/countersign/src/sdk/client.ts";
import { parseReceipt, verifyReceipt } from "../packages/countersign/src/verifier.ts";
import { livePeople, softwarePerson } from "./demo/cast.mjs";
import { findService } from "./demo/service.mjs";
import { followParent } from "./follow-parent.mjs";
import { parsePort } from "./local/port.mjs";

const ACTION = "Deploy api 4.2.0 to production";
const PAYLOAD = { service: "api", version: "4.2.0", environment: "production", replicas: 3, rollback_to: "4.1.7" };
const REASON = "The fix for failing refunds has passed review and staging.";
const WAIT_SECONDS = 50;

const USAGE = `Usage: npm run demo [-- --unattended]

A whole approval to watch: an agent asks, you decide in your browser, the agent redeems and reports, the receipt is checked.
Plays on the service at PORT (8787), or on one of its own if none runs there.

Options:
  --unattended   a passkey in software plays the person, always on a service of the demo's own
  --help         this text

Environment:
  PORT, STATE_DIR       where a service of its own listens and keeps its state (a folder that is deleted in the end)
  COUNTERSIGN_API_KEY   the key of an agent to play with, instead of being asked for one
`;

let step = 0;
const begin = (title) => console.log(`\n${(step += 1)}  ${title}`);
const say = (text) => console.log(text.replaceAll(/^(?=.)/gm, "   "));

/** An agent, connected with the official MCP client: calls a tool and gives what it answers. */
async function connect(origin, agentKey) {
  const client = new Client({ name: "countersign-demo", version: "1" });
  const requestInit = { headers: { "X-Api-Key": agentKey } };
  await client.connect(new StreamableHTTPClientTransport(new URL("/mcp", origin), { requestInit }));
  const patience = { timeout: (WAIT_SECONDS + 30) * 1_000 };
  return {
    call: async (name, args) => (await client.callTool({ name, arguments: args }, patience)).structuredContent,
    close: () => client.close(),
  };
}

/** What the tool answers, unless it refuses. */
async function must(answer) {
  const view = await answer;
  if (view?.error) throw new Error(`${view.error.message} (${view.error.code})`);
  return view;
}

async function askAndWait(agent, decide, signal) {
  begin("The agent asks, over MCP");
  const asked = await must(agent.call("request_human_approval", { action: ACTION, payload: PAYLOAD, reason: REASON, wait_seconds: 0 }));
  say(`request_human_approval: ${ACTION}\n${JSON.stringify(PAYLOAD)}`);

  begin("The person decides");
  await decide(asked.approval_url);
  let view = asked;
  while (view.status === "pending" && !signal.aborted) {
    view = await must(agent.call("wait_for_approval", { request_id: asked.request_id, wait_seconds: WAIT_SECONDS }));
  }
  const by = (view.decided_by ?? []).map(({ username, decided_at }) => ` by ${username} at ${decided_at}`).join(",");
  say(`wait_for_approval answers: ${view.status}${by}`);
  if (view.comment) say(`Comment: ${visible(view.comment)}`);
  return view;
}

async function use(agent, requestId) {
  begin("The agent redeems it, once, and reports");
  const redeemed = await must(agent.call("redeem_approval", { request_id: requestId, payload: PAYLOAD }));
  say(`redeem_approval answers: redeemed at ${redeemed.redeemed_at}. Now, and only now, it would deploy.`);
  const again = await agent.call("redeem_approval", { request_id: requestId, payload: PAYLOAD });
  if (!again?.error) throw new Error("an approval was redeemed twice");
  say(`A second redeem_approval is refused: ${again.error.code}`);
  const reported = await must(
    agent.call("report_outcome", { request_id: requestId, outcome: "succeeded", detail: "Deployed by the demo." }),
  );
  say(`report_outcome answers: ${reported.outcome}`);
}

/** Checks a receipt's text with the offline verifier; gives the verdict, or the first failure. */
async function check(text, trust) {
  const receipt = parseReceipt(text);
  return receipt.ok ? verifyReceipt(receipt.value, trust) : receipt;
}

async function checkReceipt(origin, agentKey, requestId) {
  begin("Anyone checks the receipt, offline");
  const receipt = await new CountersignClient({ url: origin, apiKey: agentKey }).receipt(requestId);
  if (!receipt.ok) throw new Error(receipt.refusal.message);
  const trust = { vkey: (await (await fetch(`${origin}/log/vkey`)).text()).trim(), origin };
  const verified = await check(receipt.value, trust);
  if (!verified.ok) throw new Error(`the receipt is not valid: ${verified.refusal.message}`);
  say(`Trusted: the log key that this service gives out at /log/vkey, and its address.\n${inWords(verified.value, false)}`);

  const changed = receipt.value.replace('"replicas":3', '"replicas":30');
  const refused = await check(changed, trust);
  if (changed === receipt.value || refused.ok) throw new Error("a changed receipt was not refused");
  say(`The same receipt with 30 replicas instead of 3 is refused: ${refused.refusal.code}\n${refused.refusal.message}`);
}

async function play(service, isUnattended, signal) {
  begin("The service");
  say(service.isOwn ? `Started for this demo at ${service.origin}, its state in ${service.stateDir}` : `Running at ${service.origin}`);

  begin("A person and an agent");
  const { agentKey, decide } = await (isUnattended ? softwarePerson : livePeople)(service, { say, signal });

  const agent = await connect(service.origin, agentKey);
  try {
    const { request_id, status } = await askAndWait(agent, decide, signal);
    if (status === "approved") await use(agent, request_id);
    else say("So the agent does not act.");
    await checkReceipt(service.origin, agentKey, request_id);
  } finally {
    await agent.close();
  }
  console.log(
    `\nThat is all.${service.isOwn ? " The service stops now." : ""} The same check in a browser is at /verify of every service.`,
  );
}

async function main() {
  const { values } = parseArgs({ options: { unattended: { type: "boolean" }, help: { type: "boolean" } } });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const isUnattended = values.unattended ?? Boolean(process.env.CI);
  const stopping = new AbortController();
  const { signal } = stopping;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(name, () => stopping.abort());
  followParent(() => stopping.abort());
  const stopped = new Promise((resolve) => signal.addEventListener("abort", () => resolve("stopped"), { once: true }));

  console.log("Countersign, a whole approval from asking to the checked receipt");
  const port = parsePort(process.env.PORT || "8787");
  const service = await findService({ port, stateDir: process.env.STATE_DIR, mustBeOwn: isUnattended });
  try {
    const outcome = await Promise.race([play(service, isUnattended, signal), stopped]);
    return outcome === "stopped" ? 130 : 0;
  } finally {
    await service.stop();
  }
}

main().then(
  (code) => process.exit(code),
  (error) => {
    console.error(`countersign: ${error.message}`);
    process.exit(1);
  },
);
