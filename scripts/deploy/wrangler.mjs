/** Runs the wrangler that is first in PATH. Secrets reach it over its standard input and no other way. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { withoutSecrets, WRANGLERS_OWN } from "../child-environment.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const COLOURS = /\u001b\[[\d;]*m/g;

/** A command that failed, with all it said. */
export class WranglerError extends Error {
  constructor(args, code, said) {
    super(`wrangler ${args.join(" ")} ended with code ${code}${said === "" ? "" : `:\n${said}`}`);
    this.said = said;
  }
}

const QUIET = { WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true", WRANGLER_WRITE_LOGS: "false" };

/**
 * Runs `wrangler …args` to its end and resolves to its standard output. `input` is its standard input; `isAttended` leaves
 * it the terminal, so that it can ask. Throws a WranglerError for any exit code but 0.
 */
export function wrangler(args, { input = "", isAttended = false, env = {} } = {}) {
  const stdio = isAttended ? "inherit" : ["pipe", "pipe", "pipe"];
  const child = spawn("wrangler", args, { cwd: ROOT, env: { ...withoutSecrets(process.env, WRANGLERS_OWN), ...QUIET, ...env }, stdio });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"]) child[name]?.setEncoding("utf8").on("data", (chunk) => (output[name] += chunk));
  // A wrangler that ends without reading says why itself.
  child.stdin?.on("error", () => {}).end(input);
  return new Promise((settle, fail) => {
    child.once("error", (error) => fail(new Error(`wrangler does not start: ${error.message}`)));
    child.once("close", (code) => {
      const said = `${output.stdout}${output.stderr}`.replaceAll(COLOURS, "").trim();
      if (code === 0) settle(output.stdout);
      else fail(new WranglerError(args, code, said));
    });
  });
}

/** `wrangler …args` for commands that print JSON. */
export async function wranglerJson(args) {
  const printed = await wrangler(args);
  try {
    return JSON.parse(printed);
  } catch {
    throw new Error(`wrangler ${args.join(" ")} did not print JSON:\n${printed}`);
  }
}

/** As `wranglerJson`; null if wrangler fails with words that match `missing`. */
export async function wranglerJsonUnless(missing, args) {
  try {
    return await wranglerJson(args);
  } catch (error) {
    if (error instanceof WranglerError && missing.test(error.said)) return null;
    throw error;
  }
}
