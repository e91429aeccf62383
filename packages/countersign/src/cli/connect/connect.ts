/** `countersign connect`: runs an MCP server here, and is the way to it for a gate. Nothing connects to this machine. */
import { statSync } from "node:fs";
import { isConnectorKey } from "../../documents/api-key.ts";
import { SERVER_NAME_PATTERN } from "../../documents/words.ts";
import { type RunningChild, type SendFrame, writeFrame } from "../../connector/frames.ts";
import { accept, refuse, type Result } from "../../result.ts";
import { type Command, type Outcome, parseStrictly, readText, type Surroundings, unusable } from "../command.ts";
import { originOf } from "../service.ts";
import { withoutOwnKeys } from "../own-keys.ts";
import { visible } from "../visible.ts";
import { ChildKeeper } from "./child-keeper.ts";
import { GateLine } from "./gate-line.ts";

const USAGE = `Usage: countersign connect NAME -- COMMAND [ARGUMENT …]

Runs an MCP server that speaks over standard input and output, and connects it to a gate, where agents reach it
as any other server: judged, approved and recorded. It connects out; nothing connects to this machine. It goes on
until it is ended (Ctrl-C): the line is opened anew when the network was away or the machine slept, the server is
started anew when it ends. What was on its way then is told as not known, and is never written a second time.

NAME is the connector's, as an admin made it at /admin/connectors. What follows -- is started as it stands, in a
process group of its own, without the keys of this command in its environment.

Options:
  --help                     this text

Environment:
  COUNTERSIGN_URL                  where the gate is, such as https://gate.example.com
  COUNTERSIGN_CONNECTOR_KEY_FILE   a file with the connector's key, csc_…, that only you can read
  COUNTERSIGN_CONNECTOR_KEY        the key itself, instead

Exit code: 0 ended by a signal, 1 not let in (any more) or the server cannot be started, 2 unusable arguments.
`;

async function keyOf({ environment, tell }: Surroundings): Promise<Result<string, string>> {
  const { COUNTERSIGN_CONNECTOR_KEY: given, COUNTERSIGN_CONNECTOR_KEY_FILE: file } = environment;
  if ((given === undefined) === (file === undefined))
    return refuse("set COUNTERSIGN_CONNECTOR_KEY_FILE or COUNTERSIGN_CONNECTOR_KEY, one of them");
  const text = file === undefined ? accept(given ?? "") : await readText(file);
  if (!text.ok) return text;
  const key = text.value?.trim() ?? "";
  if (!isConnectorKey(key)) return refuse("the key has to be a connector's, csc_… as it was shown once");
  if (file !== undefined && process.platform !== "win32" && (statSync(file).mode & 0o077) !== 0)
    tell(`countersign connect: others on this machine can read ${visible(file)}: chmod 600 it\n`);
  return accept(key);
}

async function run(args: string[], surroundings: Surroundings): Promise<Outcome> {
  const split = args.indexOf("--");
  const [before, command] = split === -1 ? [args, []] : [args.slice(0, split), args.slice(split + 1)];
  const parsed = parseStrictly(before, {});
  if (!parsed.ok) return unusable("connect", parsed.refusal, USAGE);
  const [name = "", ...more] = parsed.value.positionals;
  if (more.length > 0 || !SERVER_NAME_PATTERN.test(name))
    return unusable("connect", "give the connector's name, and the command after --", USAGE);
  if (command.length === 0 || command[0] === "") return unusable("connect", "give the server's command after --", USAGE);
  if (typeof WebSocket === "undefined") return unusable("connect", "this needs Node 22 or newer, which has WebSocket", USAGE);
  const origin = originOf(surroundings.environment);
  if (!origin.ok) return unusable("connect", origin.refusal, USAGE);
  const key = await keyOf(surroundings);
  if (!key.ok) return unusable("connect", key.refusal, USAGE);
  return goOn({ name, command, origin: origin.value, key: key.value }, surroundings);
}

interface Asked {
  name: string;
  command: string[];
  origin: string;
  key: string;
}

/** Both ends are kept until this process is told to end, or one of them cannot be. */
async function goOn({ name, command, origin, key }: Asked, { environment, tell }: Surroundings): Promise<Outcome> {
  const over = new AbortController();
  const say = (line: string) => tell(`countersign connect: ${line}\n`);
  const env = withoutOwnKeys(environment);
  const keeper = new ChildKeeper(command, env, {
    runs: (child) => line.say(runsFrame(child)),
    said: (message) => line.say(writeFrame({ is: "said", message })),
    tell: say,
  });
  const line = new GateLine(`${origin}/api/v1/connectors/${name}/line`, key, {
    opened() {
      say(`connected to ${origin} as ${name}`);
      line.say(runsFrame(keeper.running));
    },
    frame: (frame) => void pass(frame, keeper, line),
    tell: say,
  });
  const end = () => over.abort();
  const kill = () => keeper.kill();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, end);
  process.once("exit", kill);
  const until = async (kept: Promise<string | null>) => {
    const why = await kept;
    end();
    return why;
  };
  const [noServer, noLine] = await Promise.all([until(keeper.keep(over.signal)), until(line.keep(over.signal))]);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.removeListener(signal, end);
  process.removeListener("exit", kill);
  const why = noServer ?? noLine;
  return why === null ? { exitCode: 0 } : { exitCode: 1, stderr: `countersign connect: ${why}\n` };
}

const runsFrame = (child: RunningChild | null): string => writeFrame(child === null ? { is: "no-child" } : { is: "child", ...child });

/** Writes what the gate sends, and says so once that is done; says nothing where it is not known, until the child is. */
async function pass({ id, child, message }: SendFrame, keeper: ChildKeeper, line: GateLine): Promise<void> {
  const how = await keeper.write(child, message);
  if (how !== "not-known") line.say(writeFrame({ is: how, id }));
}

export const connectCommand: Command = { usage: USAGE, run };
