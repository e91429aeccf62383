/** `countersign verify-challenge`: a passkey's approval of one call, checked offline. Exit 0: valid. 1: readable, but no valid proof. 2: unusable arguments. */
import { witnessTime } from "../../documents/words.ts";
import { type JsonObject, parseJson } from "../../json/canonical-json.ts";
import { isObject } from "../../json/shape.ts";
import { accept, refuse, type Result } from "../../result.ts";
import { type ChallengeProofFailure, parseChallengeProof } from "../../verified/challenge-proof.ts";
import { type ChallengeTrust, type ProvenChallengeVerdict, verifyChallengeProof } from "../../verified/challenge-verifier.ts";
import { trustProblem } from "../../verifier.ts";
import { type Command, type Outcome, parseStrictly, readText, tooLarge, unusable } from "../command.ts";
import { asciiJson, visible } from "../visible.ts";
import { readLogTrust } from "./read-witness-policy.ts";

const USAGE = `Usage: countersign verify-challenge PROOF --vkey KEY --origin URL [options]

Verifies offline that a passkey approved one call of an agent at its client (SEP-2672). What you trust is what you give:
  --vkey KEY                 the log's verifier key, as its operator publishes it; may be left out
                             if the policy lists logs
  --origin URL               the service, such as https://gate.example.com

Options:
  --arguments FILE           the call's arguments as its client sent them (JSON): without them, what
                             they were is the gate's word
  --policy FILE              the log's checkpoint must be cosigned by witnesses as this policy asks
                             (C2SP tlog-policy)
  --json                     the verdict as JSON
  --help                     this text

Exit code: 0 valid, 1 not a valid proof, 2 unusable arguments.
`;

const OPTIONS = {
  vkey: { type: "string" },
  origin: { type: "string" },
  arguments: { type: "string" },
  policy: { type: "string" },
  json: { type: "boolean" },
} as const;

interface Arguments {
  file: string;
  trust: ChallengeTrust;
  args: JsonObject | null;
  json: boolean;
}

async function readCallArguments(file: string | undefined): Promise<Result<JsonObject | null, string>> {
  if (file === undefined) return accept(null);
  const text = await readText(file);
  if (!text.ok) return text;
  const parsed = text.value === null ? null : parseJson(text.value);
  return parsed?.ok === true && isObject(parsed.value) ? accept(parsed.value) : refuse(`${file} is not a JSON object of arguments`);
}

async function readArguments(given: string[]): Promise<Result<Arguments, string>> {
  const parsed = parseStrictly(given, OPTIONS);
  if (!parsed.ok) return parsed;
  const { values, positionals } = parsed.value;
  const [file, ...surplus] = positionals;
  if (file === undefined || surplus.length > 0) return refuse("name one proof");
  const log = await readLogTrust(values);
  if (!log.ok) return log;
  if (values.origin === undefined) return refuse("--origin is missing");
  const trust: ChallengeTrust = { ...log.value, origin: values.origin };
  const problem = trustProblem(trust);
  if (problem !== null) return refuse(problem);
  const args = await readCallArguments(values.arguments);
  return args.ok ? accept({ file, trust, args: args.value, json: values.json ?? false }) : args;
}

async function judge(text: string | null, { trust, args }: Arguments): Promise<Result<ProvenChallengeVerdict, ChallengeProofFailure>> {
  if (text === null) return refuse({ code: "malformed", message: "The proof is not UTF-8." });
  const proof = parseChallengeProof(text);
  return proof.ok ? verifyChallengeProof(proof.value, args, trust) : proof;
}

const line = (label: string, content: string): string => `  ${label.padEnd(11)}${content}`;

/** Several lines for a person to read, ending in a newline. */
function describe(verdict: ProvenChallengeVerdict): string {
  const { agent, server, tool, argumentsHash, argumentsChecked, person, keyFingerprint, at, log, witnesses } = verdict;
  return [
    `Valid: ${visible(person.username)} approved this call with a passkey.`,
    "",
    line("Call", `${visible(tool)} of ${server.name} (${server.id})`),
    line("Agent", `${visible(agent.name)} (${agent.id})`),
    line("Arguments", `SHA-256 ${argumentsHash}`),
    line("", argumentsChecked ? "these are what was signed" : "not given: what was signed is the gate's word"),
    line("Person", `${visible(person.username)} (${person.id}), key ${keyFingerprint}`),
    line("At", at),
    line("Log", `${visible(log.origin)}, leaf ${log.index} of ${log.size}, root ${log.root}`),
    ...(witnesses ?? []).map(({ name, timeSeconds }) => line("Witness", `${visible(name)} at ${witnessTime(timeSeconds)}`)),
    "",
    `On the trust of the log key that you gave${witnesses === null ? "" : ", and of the witnesses in the policy"}. It was signed at the agent's client, which chose what the screen said, and is part of no quorum.`,
    "",
  ].join("\n");
}

/** For programs. */
const verdictDocument = ({
  argumentsHash,
  argumentsChecked,
  credentialId,
  keyFingerprint,
  witnesses,
  ...verdict
}: ProvenChallengeVerdict) => ({
  valid: true,
  ...verdict,
  arguments_hash: argumentsHash,
  arguments_checked: argumentsChecked,
  credential_id: credentialId,
  key: keyFingerprint,
  witnesses: witnesses?.map(({ name, timeSeconds }) => ({ name, time: timeSeconds })) ?? null,
});

async function run(given: string[]): Promise<Outcome> {
  const read = await readArguments(given);
  if (!read.ok) return unusable("verify-challenge", read.refusal, USAGE);
  const { file, json } = read.value;
  const text = await readText(file);
  if (!text.ok && text.refusal !== tooLarge(file)) return unusable("verify-challenge", text.refusal, USAGE);
  const judged = text.ok ? await judge(text.value, read.value) : refuse({ code: "malformed", message: "The proof is larger than any is." });
  if (judged.ok) return { exitCode: 0, stdout: json ? asciiJson(verdictDocument(judged.value)) : describe(judged.value) };
  const { code, message } = judged.refusal;
  return { exitCode: 1, stdout: json ? asciiJson({ valid: false, code, message }) : `Not valid: ${code}\n${visible(message)}\n` };
}

export const verifyChallengeCommand: Command = { usage: USAGE, run };
