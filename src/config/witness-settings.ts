/** The policy with which a service is witnessed, as its operator writes it. What policies mean is tlog/witness-policy.ts. */
import { refuse, type Result } from "#countersign/result.ts";
import { parsePolicy, type WitnessPolicy } from "#countersign/tlog/witness-policy.ts";

/** Of the 16 signatures that a note may have, two are for the log: a change of its key has it sign with both. */
const MAX_WITNESSES = 14;

/** Without credentials, query and fragment; over https, or to this machine. */
function isSubmissionPrefix(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") return false;
  return url.protocol === "https:" || (url.protocol === "http:" && ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname));
}

/** Reads a C2SP tlog-policy whose witnesses can all be asked, 1 to 14; or says what is wrong, for the operator. */
export function readWitnessPolicy(text: string): Result<WitnessPolicy, string> {
  const policy = parsePolicy(text);
  if (!policy.ok) return refuse(`line ${policy.refusal.line}: ${policy.refusal.message}`);
  const { witnesses } = policy.value;
  if (witnesses.length === 0 || witnesses.length > MAX_WITNESSES) {
    return refuse(`it has ${witnesses.length} witnesses, and 1 to ${MAX_WITNESSES} can be asked`);
  }
  const unreachable = witnesses.find(({ url }) => url === null || !isSubmissionPrefix(url));
  if (unreachable !== undefined) {
    return refuse(`the witness ${unreachable.name} needs the URL of its submission prefix: https, or http on this machine`);
  }
  return policy;
}
