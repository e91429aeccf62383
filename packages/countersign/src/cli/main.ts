#!/usr/bin/env node
/** The command line, run as it is by Node. Each command is a file here; this one finds it and ends the process. */
import type { Command, Outcome } from "./command.ts";
import { answerCommand } from "./approvals/answer.ts";
import { connectCommand } from "./connect/connect.ts";
import { evidence } from "./verify/evidence.ts";
import { fsck } from "./fsck/fsck.ts";
import { hookCommand } from "./hook/hook.ts";
import { monitor } from "./monitor/monitor.ts";
import { redeemCommand } from "./approvals/redeem.ts";
import { policyCommand } from "./policy/policy.ts";
import { outcomeCommand } from "./approvals/report-outcome.ts";
import { request } from "./approvals/request.ts";
import { stopCommand } from "./stop/stop.ts";
import { verifyBundleCommand } from "./verify/verify-bundle.ts";
import { verifyCallCommand } from "./verify/verify-call.ts";
import { verifyChallengeCommand } from "./verify/verify-challenge.ts";
import { verifyCommand } from "./verify/verify.ts";
import { wait } from "./approvals/wait.ts";
import { witness } from "./witness/witness.ts";

const COMMANDS: Readonly<Record<string, Command>> = {
  verify: verifyCommand,
  "verify-call": verifyCallCommand,
  "verify-challenge": verifyChallengeCommand,
  "verify-bundle": verifyBundleCommand,
  evidence,
  request,
  wait,
  answer: answerCommand,
  redeem: redeemCommand,
  outcome: outcomeCommand,
  hook: hookCommand,
  policy: policyCommand,
  stop: stopCommand,
  connect: connectCommand,
  witness,
  fsck,
  monitor,
};

/** How a command is called, and what its usage says of it first. */
function summary({ usage }: Command): string {
  const [call = "", about = ""] = usage.split("\n\n");
  const said = about.split("\n  ")[0]?.replaceAll("\n", " ") ?? "";
  return `${call.replace("Usage: ", "")}\n    ${said.replace(/(?:\. .*|[.:])$/, ".")}\n`;
}

const OVERVIEW = `Usage: countersign COMMAND …

${Object.values(COMMANDS).map(summary).join("")}
countersign COMMAND --help says more. Those that ask a service (request, wait, answer, redeem, outcome, hook) need
COUNTERSIGN_URL and COUNTERSIGN_API_KEY; stop needs COUNTERSIGN_URL and COUNTERSIGN_STOP_TOKEN, connect
COUNTERSIGN_URL and the key of a connector.
`;

async function run([name = "", ...args]: string[]): Promise<Outcome> {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  // What follows -- is another command's.
  const [own] = args.includes("--") ? [args.slice(0, args.indexOf("--"))] : [args];
  if (name === "--help" || own.includes("--help")) return { exitCode: 0, stdout: command?.usage ?? OVERVIEW };
  if (command !== undefined) {
    const tell = (text: string) => void process.stderr.write(text);
    const print = (text: string) => void process.stdout.write(text);
    return await command.run(args, { environment: process.env, tell, print, isTerminal: process.stderr.isTTY });
  }
  const complaint = name === "" ? "name a command" : `there is no command ${JSON.stringify(name)}`;
  return { exitCode: 2, stderr: `countersign: ${complaint}\n\n${OVERVIEW}` };
}

// Whatever this process makes, and those it starts, is its user's alone. Windows has no such modes.
process.umask(0o077);

const { exitCode, stdout = "", stderr = "", isLast } = await run(process.argv.slice(2));
process.exitCode = exitCode;
process.stdout.write(stdout, () => {
  process.stderr.write(stderr, () => {
    if (isLast) process.exit();
  });
});
