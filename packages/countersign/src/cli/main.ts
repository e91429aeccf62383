#!/usr/bin/env node
/** The command line, run as it is by Node. Each command is a file here; this one finds it and ends the process. */
import type { Command, Outcome } from "./command.ts";
import { agentsCommand } from "./console/agents.ts";
import { answerCommand } from "./approvals/answer.ts";
import { completionCommand } from "./completion/completion.ts";
import { aboutOf } from "./completion/words-of-usage.ts";
import { auditCommand } from "./console/audit.ts";
import { callsCommand } from "./console/calls.ts";
import { ciCommand } from "./ci/ci.ts";
import { connectCommand } from "./connect/connect.ts";
import { doctorCommand } from "./doctor/doctor.ts";
import { evidence } from "./verify/evidence.ts";
import { packageVersion } from "./files/package-folder.ts";
import { fsck } from "./fsck/fsck.ts";
import { hookCommand } from "./hook/hook.ts";
import { initProjectCommand } from "./init/init.ts";
import { withJsonAnswer } from "./json-answer.ts";
import { logCommand } from "./console/log.ts";
import { loginCommand } from "./people/login.ts";
import { logoutCommand } from "./people/logout.ts";
import { monitor } from "./monitor/monitor.ts";
import { redeemCommand } from "./approvals/redeem.ts";
import { runCommandLine } from "./run/run.ts";
import { peopleCommand } from "./console/people.ts";
import { payloadCommand } from "./payloads/payload.ts";
import { policyCommand } from "./policy/policy.ts";
import { outcomeCommand } from "./approvals/report-outcome.ts";
import { request } from "./approvals/request.ts";
import { serversCommand } from "./console/servers.ts";
import { stopCommand } from "./stop/stop.ts";
import { verifyBundleCommand } from "./verify/verify-bundle.ts";
import { verifyCallCommand } from "./verify/verify-call.ts";
import { verifyChallengeCommand } from "./verify/verify-challenge.ts";
import { verifyCommand } from "./verify/verify.ts";
import { whoamiCommand } from "./console/whoami.ts";
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
  run: runCommandLine,
  ci: ciCommand,
  payload: payloadCommand,
  hook: hookCommand,
  policy: policyCommand,
  login: loginCommand,
  logout: logoutCommand,
  whoami: whoamiCommand,
  agents: agentsCommand,
  people: peopleCommand,
  servers: serversCommand,
  calls: callsCommand,
  audit: auditCommand,
  log: logCommand,
  stop: stopCommand,
  connect: connectCommand,
  witness,
  fsck,
  monitor,
  init: initProjectCommand,
  doctor: doctorCommand,
  completion: completionCommand(() => COMMANDS),
};

/** How a command is called, and what its usage says of it first. */
function summary({ usage }: Command): string {
  const [call = ""] = usage.split("\n\n");
  return `${call.replace("Usage: ", "")}\n    ${aboutOf(usage)}\n`;
}

const OVERVIEW = `Usage: countersign COMMAND …

${Object.values(COMMANDS).map(summary).join("")}
countersign COMMAND --help says more, countersign --version which one this is. Those that ask a service (request,
wait, answer, redeem, outcome, hook, run, ci) need COUNTERSIGN_URL and COUNTERSIGN_API_KEY; stop needs COUNTERSIGN_URL and
COUNTERSIGN_STOP_TOKEN, connect COUNTERSIGN_URL and the key of a connector. Those that read for a person (whoami,
agents, people, servers, calls, audit) need COUNTERSIGN_URL and a session: countersign login.
`;

async function run([name = "", ...args]: string[]): Promise<Outcome> {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  // What follows -- is another command's.
  const own = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
  if (name === "--version") return { exitCode: 0, stdout: `${packageVersion()}\n` };
  if (name === "--help" || own.includes("--help")) return { exitCode: 0, stdout: command?.usage ?? OVERVIEW };
  if (command === undefined) {
    const complaint = name === "" ? "name a command" : `there is no command ${JSON.stringify(name)}`;
    return { exitCode: 2, stderr: `countersign: ${complaint}\n\n${OVERVIEW}` };
  }
  let hasPrinted = false;
  const tell = (text: string) => void process.stderr.write(text);
  const print = (text: string) => {
    hasPrinted = true;
    process.stdout.write(text);
  };
  const outcome = await command.run(args, { environment: process.env, tell, print, isTerminal: process.stderr.isTTY });
  return own.includes("--json") ? withJsonAnswer(outcome, hasPrinted) : outcome;
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
