/** `countersign request`: asks for a person's approval, says at once where to decide, and waits. */
import { accept, refuse, type Result } from "../../result.ts";
import type { Ask } from "../../sdk/client.ts";
import { ANSWER_OPTIONS, ANSWER_USAGE, decisionOutcome, EXIT_CODE_USAGE, type Wanted, wantedOf } from "./approval-outcome.ts";
import { type Command, type Outcome, parseStrictly, type Surroundings, unusable } from "../command.ts";
import { connect, ENVIRONMENT_USAGE, numberOf, PAYLOAD_OPTIONS, payloadOf } from "../service.ts";
import { visible } from "../visible.ts";
import { UNHURRIED_WAIT_SECONDS, MOST_WAIT_SECONDS } from "./wait.ts";

const USAGE = `Usage: countersign request --action TEXT (--payload FILE | --payload-json JSON) [options]

Asks a person to approve one exact action. The link to decide is printed on standard error at once.
  --action TEXT              what will be done, as one plain sentence
  --payload FILE             everything the action will use, a JSON object
  --payload-json JSON        the same, given here

Options:
  --reason TEXT              why, in your own words
  --approver USERNAME        whom to ask; may be given several times
  --group NAME               a group to ask; may be given several times
  --required N               how many of them have to approve (1)
  --expires SECONDS          how long people have to decide, 30 to 604800 (900)
  --tool NAME                the tool that it will be done with: rules may be about it
  --server NAME              the MCP server of that tool
  --reveal                   publish it in the log if it is approved: the request, the payload, who decided
  --wait SECONDS             how long to wait for the end (${UNHURRIED_WAIT_SECONDS})
  --idempotency-key KEY      the same key finds the same request instead of asking twice
${ANSWER_USAGE}
${ENVIRONMENT_USAGE}
${EXIT_CODE_USAGE}`;

const OPTIONS = {
  ...PAYLOAD_OPTIONS,
  ...ANSWER_OPTIONS,
  action: { type: "string" },
  reason: { type: "string" },
  approver: { type: "string", multiple: true },
  group: { type: "string", multiple: true },
  required: { type: "string" },
  expires: { type: "string" },
  tool: { type: "string" },
  server: { type: "string" },
  reveal: { type: "boolean" },
  wait: { type: "string" },
  "idempotency-key": { type: "string" },
} as const;

interface Arguments {
  ask: Ask;
  waitSeconds: number;
  wanted: Wanted;
}

async function readArguments(args: string[]): Promise<Result<Arguments, string>> {
  const parsed = parseStrictly(args, OPTIONS);
  if (!parsed.ok) return parsed;
  const { values, positionals } = parsed.value;
  if (positionals.length > 0) return refuse("every word has to belong to an option; put texts with spaces in quotes");
  if (values.action === undefined) return refuse("--action is missing");
  const required = numberOf(values.required, "--required", { least: 1, most: 50 });
  if (!required.ok) return required;
  const expires = numberOf(values.expires, "--expires", { least: 30, most: 604_800 });
  if (!expires.ok) return expires;
  const wait = numberOf(values.wait, "--wait", { least: 0, most: MOST_WAIT_SECONDS });
  if (!wait.ok) return wait;
  const payload = await payloadOf(values);
  if (!payload.ok) return payload;

  const ask: Ask = { action: values.action, payload: payload.value };
  if (values.reason !== undefined) ask.reason = values.reason;
  if (expires.value !== undefined) ask.expiresInSeconds = expires.value;
  if (values.tool !== undefined) ask.tool = values.tool;
  if (values.server !== undefined) ask.server = values.server;
  if (values.reveal === true) ask.reveal = true;
  if (values["idempotency-key"] !== undefined) ask.idempotencyKey = values["idempotency-key"];
  const approvers = {
    ...(values.approver && { users: values.approver }),
    ...(values.group && { groups: values.group }),
    ...(required.value !== undefined && { required: required.value }),
  };
  if (Object.keys(approvers).length > 0) ask.approvers = approvers;
  const wanted = wantedOf(values);
  return wanted.ok ? accept({ ask, waitSeconds: wait.value ?? UNHURRIED_WAIT_SECONDS, wanted: wanted.value }) : wanted;
}

async function run(args: string[], surroundings: Surroundings): Promise<Outcome> {
  const read = await readArguments(args);
  if (!read.ok) return unusable("request", read.refusal, USAGE);
  const client = connect(surroundings, read.value.wanted);
  if (!client.ok) return unusable("request", client.refusal, USAGE);
  const { ask, waitSeconds, wanted } = read.value;

  const asked = await client.value.request(ask);
  if (!asked.ok) return decisionOutcome(client.value, asked, wanted);
  const { request_id, status, approval_url, expires_at, match_code } = asked.value;
  surroundings.tell(`Asked for approval until ${visible(expires_at)}. Decide at ${visible(approval_url)}\n`);
  if (match_code !== undefined) surroundings.tell(`Whoever approves has to pick the number ${visible(match_code)}.\n`);
  const isOpen = status === "pending" && waitSeconds > 0;
  return decisionOutcome(client.value, isOpen ? await client.value.wait(request_id, waitSeconds) : asked, wanted);
}

export const request: Command = { usage: USAGE, run };
