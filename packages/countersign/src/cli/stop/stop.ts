/** `countersign stop`: stops an agent, or every agent, with a person's stop token. It can release nothing: that takes admins' passkeys. */
import { fromUtf8 } from "../../encoding/bytes.ts";
import { isObject } from "../../json/shape.ts";
import { parseJson } from "../../json/canonical-json.ts";
import { fetchFailure } from "../../sdk/fetch-failure.ts";
import { readAtMost } from "../../sdk/read-at-most.ts";
import { type Command, type Outcome, parseStrictly, type Surroundings, unusable } from "../command.ts";
import { originOf } from "../service.ts";
import { visible } from "../visible.ts";

const USAGE = `Usage: countersign stop --agent ID | --all

Stops an agent, or every agent, until admins release it. From the answer on it can ask for nothing and use
nothing, and what it has asked for before is void for good. It cannot release anything.

Options:
  --agent ID                 the agent, agt_…, as the page of agents and its requests show it
  --all                      every agent; its owner has to be an admin
  --help                     this text

Environment:
  COUNTERSIGN_URL            where the service is, such as https://gate.example.com
  COUNTERSIGN_STOP_TOKEN     the stop token, cst_…, that its owner made at /account

Exit code: 0 stopped, 1 not stopped or not known, 2 unusable arguments.
`;

const OPTIONS = { agent: { type: "string" }, all: { type: "boolean" } } as const;

const TOKEN = /^cst_[A-Za-z0-9_-]{43}$/;
const AGENT = /^agt_[A-Za-z0-9_-]{22}$/;
/** Longer than a stop takes to be answered. */
const ANSWER_MS = 30_000;
const MOST_BYTES = 65_536;

async function run(args: string[], { environment }: Surroundings): Promise<Outcome> {
  const parsed = parseStrictly(args, OPTIONS);
  if (!parsed.ok) return unusable("stop", parsed.refusal, USAGE);
  const { values, positionals } = parsed.value;
  const { agent, all = false } = values;
  if ((agent === undefined) !== all || positionals.length > 0) return unusable("stop", "give --agent ID or --all", USAGE);
  if (agent !== undefined && !AGENT.test(agent)) return unusable("stop", "--agent has to be an agent's id, agt_…", USAGE);
  const origin = originOf(environment);
  if (!origin.ok) return unusable("stop", origin.refusal, USAGE);
  const token = environment["COUNTERSIGN_STOP_TOKEN"] ?? "";
  if (!TOKEN.test(token)) return unusable("stop", "COUNTERSIGN_STOP_TOKEN has to be a stop token, cst_… as it was shown once", USAGE);
  return order(origin.value, token, agent ?? null);
}

async function order(origin: string, token: string, agent: string | null): Promise<Outcome> {
  const failed = (what: string): Outcome => ({ exitCode: 1, stderr: `countersign: ${visible(what)}\n` });
  try {
    const answer = await fetch(`${origin}/api/v1/stop-by-token`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ agent }),
      // Not to follow redirects keeps the token with the service it belongs to.
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    if (answer.status === 204)
      return { exitCode: 0, stdout: agent === null ? "Everything is stopped.\n" : `${visible(agent)} is stopped.\n` };
    return failed(await refusalOf(answer));
  } catch (error) {
    return failed(`no answer came (${fetchFailure(error)}), so it is not known whether it was stopped: do it again`);
  }
}

/** What the service says, or that something else answered. */
async function refusalOf(answer: Response): Promise<string> {
  const bytes = await readAtMost(answer, MOST_BYTES);
  const body = parseJson((bytes && fromUtf8(bytes)) ?? "");
  const problem = body.ok && isObject(body.value) ? body.value : {};
  const { detail, code } = problem;
  if (typeof detail === "string" && typeof code === "string") return `${detail} (${code})`;
  return `what answered with status ${answer.status} is not the service: it is not known whether it was stopped`;
}

export const stopCommand: Command = { usage: USAGE, run };
