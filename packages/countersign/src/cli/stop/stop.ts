/** `countersign stop`: stops an agent, or every agent, with a person's stop token. It can release nothing: that takes admins' passkeys. */
import { fromUtf8 } from "../../encoding/bytes.ts";
import { isObject } from "../../json/shape.ts";
import { parseJson } from "../../json/canonical-json.ts";
import { fetchFailure } from "../../sdk/fetch-failure.ts";
import { readAtMost } from "../../sdk/read-at-most.ts";
import { type Command, type Outcome, parseStrictly, type Surroundings, unusable } from "../command.ts";
import { originOf } from "../service.ts";
import { asciiJson, visible } from "../visible.ts";

const USAGE = `Usage: countersign stop --agent ID | --all

Stops an agent, or every agent, until admins release it. From the answer on it can ask for nothing and use
nothing, and what it has asked for before is void for good. It cannot release anything.

Options:
  --agent ID                 the agent, agt_…, as the page of agents and its requests show it
  --all                      every agent; its owner has to be an admin
  --json                     what was stopped, or why it was not, as JSON
  --help                     this text

Environment:
  COUNTERSIGN_URL            where the service is, such as https://gate.example.com
  COUNTERSIGN_STOP_TOKEN     the stop token, cst_…, that its owner made at /account

Exit code: 0 stopped, 1 not stopped or not known, 2 unusable arguments.
`;

const OPTIONS = { agent: { type: "string" }, all: { type: "boolean" }, json: { type: "boolean" } } as const;

const TOKEN = /^cst_[A-Za-z0-9_-]{43}$/;
const AGENT = /^agt_[A-Za-z0-9_-]{22}$/;
/** Longer than a stop takes to be answered. */
const ANSWER_MS = 30_000;
const MOST_BYTES = 65_536;
const NOT_KNOWN = "not_known";

async function run(args: string[], { environment }: Surroundings): Promise<Outcome> {
  const parsed = parseStrictly(args, OPTIONS);
  if (!parsed.ok) return unusable("stop", parsed.refusal, USAGE);
  const { values, positionals } = parsed.value;
  const { agent, all = false, json = false } = values;
  if ((agent === undefined) !== all || positionals.length > 0) return unusable("stop", "give --agent ID or --all", USAGE);
  if (agent !== undefined && !AGENT.test(agent)) return unusable("stop", "--agent has to be an agent's id, agt_…", USAGE);
  const origin = originOf(environment);
  if (!origin.ok) return unusable("stop", origin.refusal, USAGE);
  const token = environment["COUNTERSIGN_STOP_TOKEN"] ?? "";
  if (!TOKEN.test(token)) return unusable("stop", "COUNTERSIGN_STOP_TOKEN has to be a stop token, cst_… as it was shown once", USAGE);
  return order(origin.value, token, { agent: agent ?? null, json });
}

/** Why nothing was stopped, or is not known to be. */
interface NotStopped {
  code: string;
  message: string;
}

async function order(origin: string, token: string, { agent, json }: { agent: string | null; json: boolean }): Promise<Outcome> {
  const failed = ({ code, message }: NotStopped, said = message): Outcome =>
    json ? { exitCode: 1, stdout: asciiJson({ error: { code, message } }) } : { exitCode: 1, stderr: `countersign: ${visible(said)}\n` };
  try {
    const answer = await fetch(`${origin}/api/v1/stop-by-token`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ agent }),
      // Not to follow redirects keeps the token with the service it belongs to.
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    if (answer.status === 204) {
      const words = agent === null ? "Everything is stopped.\n" : `${visible(agent)} is stopped.\n`;
      return { exitCode: 0, stdout: json ? asciiJson({ stopped: true, agent }) : words };
    }
    const refusal = await refusalOf(answer);
    return failed(refusal, refusal.code === NOT_KNOWN ? refusal.message : `${refusal.message} (${refusal.code})`);
  } catch (error) {
    const message = `no answer came (${fetchFailure(error)}), so it is not known whether it was stopped: do it again`;
    return failed({ code: NOT_KNOWN, message });
  }
}

/** What the service says, or that something else answered. */
async function refusalOf(answer: Response): Promise<NotStopped> {
  const bytes = await readAtMost(answer, MOST_BYTES);
  const body = parseJson((bytes && fromUtf8(bytes)) ?? "");
  const problem = body.ok && isObject(body.value) ? body.value : {};
  const { detail, code } = problem;
  if (typeof detail === "string" && typeof code === "string") return { code, message: detail };
  const message = `what answered with status ${answer.status} is not the service: it is not known whether it was stopped`;
  return { code: NOT_KNOWN, message };
}

export const stopCommand: Command = { usage: USAGE, run };
