/** Runs a described command, once: from the very file that was digested where the system can, and never over a shell. */
import { type ChildProcess, spawn } from "node:child_process";
import { OutcomeNotKnown } from "../../sdk/approvals/errors.ts";
import type { DescribedCommand, PlannedCommand } from "./described-command.ts";

/** How a command ended. */
export type CommandEnd = { code: number } | { signal: NodeJS.Signals };

/** A command that ended, and not with 0: what it was to do may be half done. */
export class CommandFailed extends Error {
  readonly end: CommandEnd;
  constructor(end: CommandEnd) {
    super("the command failed");
    this.end = end;
  }
}

/** Passed on while it runs. What a terminal sends goes to both by itself. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** The number under which the program is open in the command itself. */
const HELD = 3;

/** Whether what was started is what was looked at. What is held open cannot be another file, and while it runs nobody can write to it. */
const isAsLookedAt = ({ program, isScript }: DescribedCommand): boolean =>
  program.hasSameContent() && ((IS_LINUX && !isScript) || program.hasSameName());

const IS_LINUX = process.platform === "linux";

function start({ program, isScript }: DescribedCommand, { program: path, argv, cwd, environment, secrets }: PlannedCommand): ChildProcess {
  const [argv0 = "", ...args] = argv;
  const env = { ...environment, ...secrets };
  // Of the file that is held open, whatever has its name by now.
  const isHeld = IS_LINUX && !isScript;
  return isHeld
    ? spawn(`/proc/self/fd/${HELD}`, args, { argv0, cwd, env, shell: false, stdio: ["inherit", "inherit", "inherit", program.descriptor] })
    : spawn(path, args, { argv0, cwd, env, shell: false, stdio: "inherit" });
}

function ended(child: ChildProcess): Promise<CommandEnd> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(signal === null ? { code: code ?? 1 } : { signal }));
  });
}

/**
 * Runs it to its end, and gives that if it is 0. Throws a CommandFailed otherwise, what the system says if it could not be started, and
 * OutcomeNotKnown if the program was found to be another in the moment after it was started: then it is killed.
 */
export async function runCommand(described: DescribedCommand, planned: PlannedCommand): Promise<CommandEnd> {
  const child = start(described, planned);
  const end = ended(child);
  const passOn = (signal: NodeJS.Signals): void => {
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, passOn);
  try {
    if (child.pid !== undefined && !isAsLookedAt(described)) {
      child.kill("SIGKILL");
      await end.catch(() => null);
      throw new OutcomeNotKnown("payload_changed", "The program was changed in the moment in which it was started. It was ended at once.");
    }
    const came = await end;
    if ("signal" in came || came.code !== 0) throw new CommandFailed(came);
    return came;
  } finally {
    for (const signal of SIGNALS) process.removeListener(signal, passOn);
  }
}
