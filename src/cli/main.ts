#!/usr/bin/env node
/** The command line, run as it is by Node. Each command is a file here; this one finds it and ends the process. */
import type { Outcome } from "./outcome.ts";
import { USAGE, verify } from "./verify.ts";

const COMMANDS: Readonly<Record<string, (args: string[]) => Promise<Outcome>>> = { verify };

async function run([command = "", ...args]: string[]): Promise<Outcome> {
  if (command === "--help" || args.includes("--help")) return { exitCode: 0, stdout: USAGE };
  const found = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (found !== undefined) return await found(args);
  const complaint = command === "" ? "name a command" : `there is no command ${JSON.stringify(command)}`;
  return { exitCode: 2, stderr: `countersign: ${complaint}\n\n${USAGE}` };
}

const { exitCode, stdout = "", stderr = "" } = await run(process.argv.slice(2));
process.stdout.write(stdout);
process.stderr.write(stderr);
process.exitCode = exitCode;
