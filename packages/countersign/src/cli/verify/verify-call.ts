/** `countersign verify-call`: the proof of one call, checked offline. Exit 0: valid. 1: readable, but no valid proof. 2: unusable arguments. */
import { parseCallProof, type CallProofFailure, type CallTrust, type ProvenCallVerdict, verifyCallProof } from "../../call-verifier.ts";
import { witnessTime } from "../../documents/words.ts";
import { accept, refuse, type Result } from "../../result.ts";
import { logTrustProblem } from "../../verifier.ts";
import { type Command, type Outcome, parseStrictly, readText, tooLarge, unusable } from "../command.ts";
import { asciiJson, visible } from "../visible.ts";
import { readLogTrust } from "./read-witness-policy.ts";

const USAGE = `Usage: countersign verify-call PROOF --vkey KEY [options]

Verifies offline that a call through the gate is what the log commits to. What you trust is what you give:
  --vkey KEY                 the log's verifier key, as its operator publishes it; may be left out
                             if the policy lists logs

Options:
  --origin URL               the log must be the one of this service, which is named after its host,
                             such as https://gate.example.com
  --policy FILE              the log's checkpoint must be cosigned by witnesses as this policy asks
                             (C2SP tlog-policy)
  --json                     the verdict as JSON
  --help                     this text

Exit code: 0 valid, 1 not a valid proof, 2 unusable arguments.
`;

const OPTIONS = { vkey: { type: "string" }, origin: { type: "string" }, policy: { type: "string" }, json: { type: "boolean" } } as const;

interface Arguments {
  file: string;
  trust: CallTrust;
  /** What the log's origin line begins with; empty if any will do. */
  named: string;
  json: boolean;
}

async function readArguments(args: string[]): Promise<Result<Arguments, string>> {
  const parsed = parseStrictly(args, OPTIONS);
  if (!parsed.ok) return parsed;
  const { values, positionals } = parsed.value;
  const [file, ...surplus] = positionals;
  if (file === undefined || surplus.length > 0) return refuse("name one proof");
  const log = await readLogTrust(values);
  if (!log.ok) return log;
  const trust: CallTrust = log.value;
  const problem = logTrustProblem(trust);
  if (problem !== null) return refuse(problem);
  const origin = values.origin === undefined ? null : URL.parse(values.origin);
  if (values.origin !== undefined && origin?.origin !== values.origin)
    return refuse("the origin is not of the form https://gate.example.com");
  return accept({ file, trust, named: origin === null ? "" : `${origin.host}/`, json: values.json ?? false });
}

async function judge(text: string | null, { trust, named }: Arguments): Promise<Result<ProvenCallVerdict, CallProofFailure>> {
  if (text === null) return refuse({ code: "malformed", message: "The proof is not UTF-8." });
  const proof = parseCallProof(text);
  const verified = proof.ok ? await verifyCallProof(proof.value, trust) : proof;
  if (!verified.ok || `${verified.value.log.origin}/`.startsWith(named)) return verified;
  const message = `The log is ${verified.value.log.origin}, which is not named after ${named.slice(0, -1)}.`;
  return refuse({ code: "checkpoint_invalid", message });
}

const line = (label: string, content: string): string => `  ${label.padEnd(11)}${content}`;

/** Several lines for a person to read, ending in a newline. */
function describeCall({ call, batch, log, witnesses }: ProvenCallVerdict): string {
  const hashed = (sha256: string | null, bytes: number) => (sha256 === null ? "not known" : `SHA-256 ${sha256}, ${bytes} bytes`);
  return [
    `Valid: ${call.status}.`,
    "",
    line("Call", `${call.number} of ${visible(call.agent.name)} (${call.agent.id}) at ${call.at}`),
    line("Tool", `${visible(call.tool)} of ${call.server.name} (${call.server.id}), ${visible(call.method)}`),
    ...(call.count === 1 ? [] : [line("", `this stands for ${call.count} calls`)]),
    line("Pin", call.schema_hash ?? "none: it was not accepted"),
    line("Rule", `${visible(call.rule)} of policy version ${call.policy}`),
    ...(call.code === null ? [] : [line("Code", visible(call.code))]),
    ...(call.flags.length === 0 ? [] : [line("Marked", call.flags.join(", "))]),
    ...(call.request === null ? [] : [line("Request", `${call.request}, by which people were asked`)]),
    line("Arguments", hashed(call.arguments_hash, call.arguments_bytes)),
    line("Result", hashed(call.result_hash, call.result_bytes)),
    line("Batch", `calls ${batch.from} to ${batch.to}, logged at ${batch.at}`),
    line("Log", `${visible(log.origin)}, leaf ${log.index} of ${log.size}, root ${log.root}`),
    ...(witnesses ?? []).map(({ name, timeSeconds }) => line("Witness", `${visible(name)} at ${witnessTime(timeSeconds)}`)),
    "",
    `On the trust of the log key that you gave${witnesses === null ? "" : ", and of the witnesses in the policy"}. What the call says is the gate's own word.`,
    "",
  ].join("\n");
}

/** For programs. */
const callVerdictDocument = ({ call, batch, log, witnesses }: ProvenCallVerdict) => ({
  valid: true,
  call,
  batch,
  log,
  witnesses: witnesses?.map(({ name, timeSeconds }) => ({ name, time: timeSeconds })) ?? null,
});

async function run(args: string[]): Promise<Outcome> {
  const read = await readArguments(args);
  if (!read.ok) return unusable("verify-call", read.refusal, USAGE);
  const { file, json } = read.value;
  const text = await readText(file);
  if (!text.ok && text.refusal !== tooLarge(file)) return unusable("verify-call", text.refusal, USAGE);
  const judged = text.ok ? await judge(text.value, read.value) : refuse({ code: "malformed", message: "The proof is larger than any is." });
  if (judged.ok) return { exitCode: 0, stdout: json ? asciiJson(callVerdictDocument(judged.value)) : describeCall(judged.value) };
  const { code, message } = judged.refusal;
  return { exitCode: 1, stdout: json ? asciiJson({ valid: false, code, message }) : `Not valid: ${code}\n${visible(message)}\n` };
}

export const verifyCallCommand: Command = { usage: USAGE, run };
