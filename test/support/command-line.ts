/** `countersign` as it is called in a clone. */
import { execFile } from "node:child_process";
import { plainEnvironment } from "#test/support/service/service.ts";

export interface Ended {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Runs a command of the checkout at `root` to its end. */
export function countersign(root: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const options = { cwd: root, env: { ...plainEnvironment(), ...env } };
    execFile("node", ["scripts/run.mjs", "countersign", ...args], options, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : error.code;
      if (typeof exitCode === "number") resolve({ exitCode, stdout, stderr });
      else reject(error ?? new Error("it ended with no exit code"));
    });
  });
}
