/** What of a log a command is told to trust: its key, and the witness policy that it is given as a file. */
import { accept, refuse, type Result } from "../../result.ts";
import { parsePolicy, type WitnessPolicy } from "../../tlog/witness-policy.ts";
import { readText } from "../command.ts";

/** The policy in the file, or what is wrong with it, and in which line. */
export async function readPolicy(file: string): Promise<Result<WitnessPolicy, string>> {
  const content = await readText(file);
  if (!content.ok) return content;
  if (content.value === null) return refuse(`${file} is not UTF-8`);
  const policy = parsePolicy(content.value);
  return policy.ok ? policy : refuse(`${file}, line ${policy.refusal.line}: ${policy.refusal.message}`);
}

export interface LogTrustGiven {
  vkey?: string;
  policy?: WitnessPolicy;
}

/** Of `--vkey` and `--policy`, of which one has to be given. */
export async function readLogTrust(given: {
  vkey?: string | undefined;
  policy?: string | undefined;
}): Promise<Result<LogTrustGiven, string>> {
  const { vkey, policy: file } = given;
  if (vkey === undefined && file === undefined) return refuse("--vkey is missing");
  const policy = file === undefined ? null : await readPolicy(file);
  if (policy?.ok === false) return policy;
  return accept({ ...(vkey !== undefined && { vkey }), ...(policy !== null && { policy: policy.value }) });
}
