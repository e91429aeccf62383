/** `countersign run`: runs a command once people have approved exactly that, and reports how it went. */
import { basename } from "node:path";
import { TOOL_NAME } from "../../documents/words.ts";
import { accept, refuse, type Result } from "../../result.ts";
import { ALLOW_BASIS_USAGE, readBases } from "../allow-basis.ts";
import { type Command, type Outcome, parseStrictly, type Surroundings, unusable } from "../command.ts";
import { connectGate, ENVIRONMENT_USAGE, numberOf } from "../service.ts";
import { planCommand } from "./described-command.ts";
import { GatedRun, type RunWish } from "./gated-run.ts";
import { readRunState } from "./run-state.ts";

const USAGE = `Usage: countersign run [options] -- PROGRAM [ARGUMENT …]

Runs a command once people have approved exactly that: the program with its digest, every argument as it is, the
folder, the environment, and the digests of files that are named. All of it is looked at again right before it is
run, and nothing is run if anything has changed. No shell takes part. How it went is reported.
  --action TEXT              what will be done, as one plain sentence (Run and the command)
  --reason TEXT              why, in your own words
  --file FILE                a file that it will use, whose digest is approved; may be given several times
  --env NAME[=VALUE]         a variable that it gets, and people are shown; may be given several times
  --secret-env NAME          a variable that it gets, of which people are shown the name alone; likewise
  --approver USERNAME        whom to ask; may be given several times
  --group NAME               a group to ask; may be given several times
  --required N               how many of them have to approve (1)
  --expires SECONDS          how long people have to decide, 30 to 604800 (900)
  --tool NAME                what rules know it as (the program's name)
  --wait SECONDS             how long to wait for the end (until it ends)
  --state FILE               keeps there which request it is, so that the same command later goes on with it
${ALLOW_BASIS_USAGE}  --receipt FILE             saves the receipt there
  --help                     this text

Of the environment it gets PATH, HOME, USER, LOGNAME, LANG, LC_ALL, TZ and TMPDIR, which people are shown, and what
is chosen by --env and --secret-env; nothing else.

${ENVIRONMENT_USAGE}
Exit code: of the command if it was run (128 and the number of the signal that ended it); otherwise 123 denied,
124 expired or cancelled, 125 still pending, 121 anything else, 2 unusable arguments.
`;

const OPTIONS = {
  action: { type: "string" },
  reason: { type: "string" },
  file: { type: "string", multiple: true },
  env: { type: "string", multiple: true },
  "secret-env": { type: "string", multiple: true },
  approver: { type: "string", multiple: true },
  group: { type: "string", multiple: true },
  required: { type: "string" },
  expires: { type: "string" },
  tool: { type: "string" },
  wait: { type: "string" },
  state: { type: "string" },
  "allow-basis": { type: "string" },
  receipt: { type: "string" },
} as const;

const MOST_ACTION = 200;
const MOST_WAIT_SECONDS = 604_800;

const actionOf = (argv: readonly string[]): string => {
  const text = `Run ${argv.join(" ")}`;
  return text.length <= MOST_ACTION ? text : `${text.slice(0, MOST_ACTION - 1)}…`;
};

function readArguments(args: string[], { environment }: Surroundings): Result<RunWish, string> {
  const split = args.indexOf("--");
  const [own, argv] = split === -1 ? [args, []] : [args.slice(0, split), args.slice(split + 1)];
  const parsed = parseStrictly(own, OPTIONS);
  if (!parsed.ok) return parsed;
  const { values, positionals } = parsed.value;
  if (positionals.length > 0 || argv.length === 0 || argv[0] === "") return refuse("give the command after --");
  const required = numberOf(values.required, "--required", { least: 1, most: 50 });
  if (!required.ok) return required;
  const expires = numberOf(values.expires, "--expires", { least: 30, most: MOST_WAIT_SECONDS });
  if (!expires.ok) return expires;
  const wait = numberOf(values.wait, "--wait", { least: 0, most: MOST_WAIT_SECONDS });
  if (!wait.ok) return wait;
  const { env = [], "secret-env": secrets = [], file: files = [] } = values;
  const planned = planCommand({ argv, env, secrets, files }, environment);
  if (!planned.ok) return planned;
  const approvers = {
    ...(values.approver && { users: values.approver }),
    ...(values.group && { groups: values.group }),
    ...(required.value !== undefined && { required: required.value }),
  };
  const allowBasis = readBases(values["allow-basis"]);
  if (!allowBasis.ok) return allowBasis;
  const tool = values.tool ?? basename(planned.value.program);
  return accept({
    planned: planned.value,
    options: {
      action: values.action ?? actionOf(argv),
      ...(values.reason !== undefined && { reason: values.reason }),
      ...(Object.keys(approvers).length > 0 && { approvers }),
      ...(expires.value !== undefined && { expiresInSeconds: expires.value }),
      ...(wait.value !== undefined && { waitSeconds: wait.value }),
      ...((values.tool !== undefined || TOOL_NAME.test(tool)) && { tool }),
    },
    stateFile: values.state,
    receipt: values.receipt,
    allowBasis: allowBasis.value,
  });
}

async function run(args: string[], surroundings: Surroundings): Promise<Outcome> {
  const wish = readArguments(args, surroundings);
  if (!wish.ok) return unusable("run", wish.refusal, USAGE);
  const { stateFile, receipt, allowBasis } = wish.value;
  const kept = await readRunState(stateFile);
  if (!kept.ok) return unusable("run", kept.refusal, USAGE);
  const gate = connectGate(surroundings, { ...(receipt !== undefined && { receipt }), allowBasis });
  if (!gate.ok) return unusable("run", gate.refusal, USAGE);
  return await new GatedRun(gate.value, wish.value, surroundings).run(kept.value);
}

export const runCommandLine: Command = { usage: USAGE, run };
