/** `countersign policy`: a policy checked, tested and begun, offline; and the versions that a service has. Exit 0: good. 1: readable, but not good. 2: unusable arguments. */
import { type Command, type Outcome, type Surroundings, unusable } from "../command.ts";

const USAGE = `Usage: countersign policy check FILE [options] | test FILE CASES [options] | init [NAME | --from SERVER] | show [VERSION] | history | publish

Checks and tests a policy, what needs a person, who, by when, and what may pass; offline.
  check FILE                 what publication would refuse, and what it would warn of, with line and column
  test FILE CASES            runs cases: what is given, and what the policy should make of it
  init [NAME]                writes a policy to start from into this folder, with its cases and the schema
                             that editors load: small-team (if left out), regulated-team, agent-platform
  init --from SERVER         the same for the tools of an MCP server, and prints them by risk; SERVER is a file
                             with an answer to tools/list, a server's address, or with --url the name of a
                             server at the gate, whose accepted tools it lists
  show [VERSION]             the text of a version at the service, of the one in force if none is named
  history                    every version that was published, the newest first (--limit N, --all)
  publish                    opens the page that publishes one: it takes a passkey

Options:
  --json                     the result as JSON; of show and history, the service's own document
  --junit FILE               test: the result as JUnit XML, too
  --name NAME                init: what rules call the server: its name at the gate
  --url URL                  init: the gate's address; COUNTERSIGN_API_KEY holds an agent's key
  --help                     this text

show and history need COUNTERSIGN_URL, and a session: countersign login.

Exit code: 0 nothing is wrong, 1 something is (warnings alone are not), 2 unusable arguments, 3 no session.
`;

type Part = (args: string[], surroundings: Surroundings, usage: string) => Promise<Outcome>;

/** Loaded when they are called: no other command waits for, or rests on, the libraries that policies are read and judged with. */
const PARTS: Readonly<Record<string, () => Promise<Part>>> = {
  check: async () => (await import("./check.ts")).checkCommand,
  test: async () => (await import("./test.ts")).testCommand,
  init: async () => (await import("./init.ts")).initCommand,
  show: async () => (await import("../console/policies.ts")).showCommand,
  history: async () => (await import("../console/policies.ts")).historyCommand,
  publish: async () => (await import("../console/policies.ts")).publishCommand,
};

async function run([part = "", ...args]: string[], surroundings: Surroundings): Promise<Outcome> {
  const load = Object.hasOwn(PARTS, part) ? PARTS[part] : undefined;
  return load === undefined
    ? unusable("policy", "name one of check, test, init, show, history, publish", USAGE)
    : (await load())(args, surroundings, USAGE);
}

export const policyCommand: Command = { usage: USAGE, run };
