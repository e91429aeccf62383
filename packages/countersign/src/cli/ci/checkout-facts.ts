/** What the folder's checkout is: the commit that is really there, and what was changed in it since. Runs git, if there is one. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { accept, refuse, type Result } from "../../result.ts";
import type { Surroundings } from "../command.ts";
import { withoutOwnKeys } from "../own-keys.ts";

export interface CheckoutFacts {
  commit: string;
  /** SHA-256 of the difference of tracked files to that commit, where there is any. */
  uncommitted_sha256?: string;
}

interface GitAnswer {
  /** Null if git could not be started, or was ended by a signal. */
  exitCode: number | null;
  isMissing: boolean;
  stdout: string;
  stderr: string;
  sha256: string;
  isEmpty: boolean;
}

/** Runs git; what it prints is kept up to 4 KiB, and hashed whole. */
async function git(args: readonly string[], environment: Surroundings["environment"]): Promise<GitAnswer> {
  const child = spawn("git", args, { env: { ...withoutOwnKeys(environment), LC_ALL: "C" }, stdio: ["ignore", "pipe", "pipe"] });
  const hash = createHash("sha256");
  let [stdout, stderr, isEmpty] = ["", "", true];
  child.stdout.on("data", (chunk: Buffer) => {
    isEmpty = false;
    hash.update(chunk);
    if (stdout.length < 4_096) stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    if (stderr.length < 4_096) stderr += chunk.toString();
  });
  const { exitCode, isMissing } = await new Promise<{ exitCode: number | null; isMissing: boolean }>((resolve) => {
    child.once("error", (error) => resolve({ exitCode: null, isMissing: "code" in error && error.code === "ENOENT" }));
    child.once("close", (code) => resolve({ exitCode: code, isMissing: false }));
  });
  return { exitCode, isMissing, stdout: stdout.trim(), stderr: stderr.trim(), sha256: hash.digest("hex"), isEmpty };
}

const trouble = ({ stderr }: GitAnswer): string => `git cannot say which commit this is: ${stderr.split("\n")[0] ?? ""}`;

/**
 * The checkout of the working folder; null where there is none, or no git. A checkout that git refuses to read is not taken for none:
 * then what is deployed would be something else than what is said.
 */
export async function checkoutFacts(environment: Surroundings["environment"]): Promise<Result<CheckoutFacts | null, string>> {
  const head = await git(["rev-parse", "--verify", "HEAD"], environment);
  if (head.isMissing || /not a git repository/.test(head.stderr)) return accept(null);
  if (head.exitCode !== 0) return refuse(trouble(head));
  const difference = await git(["diff", "--no-ext-diff", "--no-textconv", "--no-color", "--binary", "HEAD"], environment);
  if (difference.exitCode !== 0) return refuse(trouble(difference));
  return accept({ commit: head.stdout, ...(!difference.isEmpty && { uncommitted_sha256: difference.sha256 }) });
}
