/**
 * `countersign hook TOOL`: an agent's tool asks it before each call, and it asks the gate. Whatever goes wrong blocks the call, with what
 * went wrong; only a process that is killed says nothing, and for that the settings have a second no (`settings.ts`).
 */
import { fromUtf8, concatAll } from "../../encoding/bytes.ts";
import type { Basis } from "../../documents/record.ts";
import { Countersign } from "../../sdk/approvals/countersign.ts";
import { accept, refuse, type Result } from "../../result.ts";
import { ALLOW_BASIS_USAGE, readBases } from "../allow-basis.ts";
import { type Command, type Outcome, parseStrictly, type Surroundings, unusable } from "../command.ts";
import { logMemoryFile } from "../files/log-memory-file.ts";
import { ENVIRONMENT_USAGE, numberOf, agentSettings } from "../service.ts";
import { visible } from "../visible.ts";
import { blockedText, faultText } from "./blocked-text.ts";
import { decideCall } from "./decide-call.ts";
import { install } from "./install.ts";
import { HOOK_INSTRUCTIONS } from "./instructions.ts";
import { keptCalls } from "./kept-calls.ts";
import { type HookCall, readCall } from "./read-call.ts";
import { ANSWER_SECONDS, HOOK_WAIT_SECONDS } from "./settings.ts";
import { HOOK_TOOLS, hookAnswer, hookFault, type HookTool } from "./tools.ts";

/** Longer than any call that can be shown whole. */
const MOST_BYTES = 8 * 1024 * 1024;
/** Beyond both: to check a receipt, and to redeem. */
const USING_MS = 20_000;
const REPORTING_MS = 20_000;

const NAMES = HOOK_TOOLS.map(({ name }) => name);

const USAGE = `Usage: countersign hook TOOL [options] | install TOOL [--write] | instructions

Lets the gate decide about each call of an agent's tool: its hook starts this before the call, and after it.
Reads what the tool says on standard input, and answers in the tool's own form. What the policy allows passes
at once; otherwise people are asked and waited for. Whatever else happens blocks the call and says why.
  TOOL                       ${NAMES.join(", ")}
  install TOOL               prints the tool's settings; --write adds them to what is there
  instructions               prints a block for AGENTS.md or CLAUDE.md

Options:
  --wait SECONDS             how long to wait for people (${HOOK_WAIT_SECONDS}); the tool's own limit has to be
                             60 s longer at least
  --answer SECONDS           how long the gate may take to answer that it was asked (${ANSWER_SECONDS})
  --pass NAME,…              calls of these tools pass unasked; a name may end in *
  --event NAME               which event this is, where the tool does not say (copilot-cli)
${ALLOW_BASIS_USAGE.trimEnd()}
                             (policy,grant; none for people alone)
  --help                     this text

${ENVIRONMENT_USAGE}
Exit code: 0 answered (the answer says whether the call may go on), 1 an outcome was not reported, 2 blocked.
`;

const OPTIONS = {
  wait: { type: "string" },
  answer: { type: "string" },
  pass: { type: "string" },
  event: { type: "string" },
  "allow-basis": { type: "string" },
  write: { type: "boolean" },
} as const;

interface Wanted {
  answerSeconds: number;
  waitSeconds: number;
  passed: readonly string[];
  allowBasis: readonly Basis[];
  event: string | undefined;
}

/** Everything that comes; null if it is too much. */
async function readInput({ input = process.stdin }: Surroundings): Promise<string | null> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of input) {
    length += part.length;
    if (length > MOST_BYTES) return null;
    parts.push(part);
  }
  return fromUtf8(concatAll(parts));
}

const isPassed = (tool: string, names: readonly string[]): boolean =>
  names.some((name) => (name.endsWith("*") ? tool.startsWith(name.slice(0, -1)) : tool === name));

/** The outcome, or what `late` gives once that much time is over. */
async function within(ms: number, work: Promise<Outcome>, late: () => Outcome): Promise<Outcome> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const ended = new Promise<Outcome>((resolve) => (timer = setTimeout(() => resolve(late()), ms)));
  try {
    return await Promise.race([work, ended]);
  } finally {
    clearTimeout(timer);
  }
}

/** The gate that the environment names; or what is wrong with that. */
function gateOf(surroundings: Surroundings, { allowBasis }: Wanted): Result<Countersign, string> {
  const settings = agentSettings(surroundings.environment);
  if (!settings.ok) return settings;
  const { url, apiKey, logVkey } = settings.value;
  const memory = logMemoryFile(surroundings);
  return accept(new Countersign({ url, apiKey, memory, allowBasis, ...(logVkey !== undefined && { logKey: logVkey }) }));
}

/** The answer to a call that is about to be made. */
async function before(tool: HookTool, call: HookCall, wanted: Wanted, surroundings: Surroundings): Promise<Outcome> {
  if (isPassed(call.tool, wanted.passed)) return hookAnswer(tool.pass());
  const gate = gateOf(surroundings, wanted);
  if (!gate.ok) return hookAnswer(tool.deny(faultText(gate.refusal)));
  const { answerSeconds, waitSeconds } = wanted;
  const onAsked = (url: string) => surroundings.tell(`Decide at ${visible(url)}\n`);
  const decide = async () => {
    try {
      const kept = await keptCalls(tool.name, surroundings);
      return hookAnswer(tool.allow(await decideCall(gate.value, tool, call, kept, { answerSeconds, waitSeconds, onAsked })));
    } catch (error) {
      return hookAnswer(tool.deny(blockedText(error, answerSeconds)));
    }
  };
  const late = () => hookAnswer(tool.deny(faultText("The gate took too long over an approval, which may be used up now.")));
  return await within((answerSeconds + waitSeconds) * 1_000 + USING_MS, decide(), late);
}

/** Says how a call went that was let go. It is done: nothing is blocked any more. */
async function after(tool: HookTool, call: HookCall, wanted: Wanted, surroundings: Surroundings): Promise<Outcome> {
  const { moment } = call;
  if (moment === "before" || isPassed(call.tool, wanted.passed)) return hookAnswer(null);
  const trouble = (why: string): Outcome => ({
    exitCode: 1,
    stderr: `countersign hook: it was not reported how the call went: ${visible(why)}\n`,
    isLast: true,
  });
  const report = async () => {
    try {
      const gate = gateOf(surroundings, wanted);
      if (!gate.ok) return trouble(gate.refusal);
      const state = await (await keptCalls(tool.name, surroundings)).takeLetGo(call);
      const reported = state === null ? null : await gate.value.client.outcome(state.request_id, moment);
      return reported === null || reported.ok ? hookAnswer(null) : trouble(`${reported.refusal.message} (${reported.refusal.code})`);
    } catch (error) {
      return trouble(String(error));
    }
  };
  return await within(REPORTING_MS, report(), () => trouble("the gate did not answer in time"));
}

/** One run, of a tool that is known. */
async function answer(tool: HookTool, wanted: Wanted, surroundings: Surroundings): Promise<Outcome> {
  const call = readCall(tool, await readInput(surroundings), wanted.event);
  if (!call.ok) return hookFault(faultText(`Of this call of the hook: ${call.refusal}.`));
  return await (call.value.moment === "before" ? before : after)(tool, call.value, wanted, surroundings);
}

function wantedOf(values: {
  wait?: string;
  answer?: string;
  pass?: string;
  event?: string;
  "allow-basis"?: string;
}): Result<Wanted, string> {
  const wait = numberOf(values.wait, "--wait", { least: 1, most: 3_600 });
  if (!wait.ok) return wait;
  const patience = numberOf(values.answer, "--answer", { least: 1, most: ANSWER_SECONDS });
  if (!patience.ok) return patience;
  const given = values["allow-basis"] ?? "policy,grant";
  const allowBasis = given === "none" ? accept<readonly Basis[]>([]) : readBases(given);
  if (!allowBasis.ok) return refuse(`${allowBasis.refusal}, or none`);
  const passed = (values.pass ?? "").split(",").filter((name) => name !== "");
  if (passed.some((name) => /^\*|\*./.test(name))) return refuse("--pass takes names, each of which may end in *");
  return accept({
    answerSeconds: patience.value ?? ANSWER_SECONDS,
    waitSeconds: wait.value ?? HOOK_WAIT_SECONDS,
    allowBasis: allowBasis.value,
    passed,
    event: values.event,
  });
}

async function run(args: string[], surroundings: Surroundings): Promise<Outcome> {
  const parsed = parseStrictly(args, OPTIONS);
  if (!parsed.ok) return unusable("hook", parsed.refusal, USAGE);
  const { values, positionals } = parsed.value;
  const [name, target, ...surplus] = positionals;
  if (surplus.length > 0) return unusable("hook", "name one tool", USAGE);
  if (name === "instructions" && target === undefined) return { exitCode: 0, stdout: HOOK_INSTRUCTIONS };
  const isInstall = name === "install";
  const tool = HOOK_TOOLS.find((one) => one.name === (isInstall ? target : name));
  if (tool === undefined) return unusable("hook", `name a tool: ${NAMES.join(", ")}`, USAGE);
  if (isInstall) return await install(tool, values.write === true);
  if (target !== undefined || values.write === true) return unusable("hook", "--write goes with install", USAGE);
  const wanted = wantedOf(values);
  if (!wanted.ok) return unusable("hook", wanted.refusal, USAGE);
  try {
    return await answer(tool, wanted.value, surroundings);
  } catch (error) {
    // A bug must not end as Node ends, with 1, which most of these tools take for yes.
    return hookFault(faultText(`The hook failed: ${error instanceof Error ? error.message : String(error)}`));
  }
}

export const hookCommand: Command = { usage: USAGE, run };
