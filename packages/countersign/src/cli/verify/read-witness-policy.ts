/** The witness policy that a command is given as a file. */
import { refuse, type Result } from "../../result.ts";
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
