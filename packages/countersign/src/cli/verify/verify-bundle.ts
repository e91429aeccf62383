/** `countersign verify-bundle`: an evidence bundle checked offline. Exit 0: valid. 1: readable, but no valid bundle. 2: unusable arguments. */
import type { BundleFailure } from "../../evidence/bundle-verdict.ts";
import { type BundleTrust, verifyBundle } from "../../evidence/verify-bundle.ts";
import { accept, refuse, type Result } from "../../result.ts";
import { readApprovers, trustProblem } from "../../verifier.ts";
import { type Command, type Outcome, parseStrictly, unusable } from "../command.ts";
import { asciiJson, visible } from "../visible.ts";
import { openBundle } from "./bundle-folder.ts";
import { bundleDocument, describeBundle } from "./describe-bundle.ts";
import { readLogTrust } from "./read-witness-policy.ts";

const USAGE = `Usage: countersign verify-bundle FILE --vkey KEY --origin URL [options]

Verifies an evidence bundle offline, a zip file or the folder that it was unpacked to: that nothing between
its two states of the log is missing, and who approved what. What you trust is what you give:
  --vkey KEY                 the log's verifier key, as its operator publishes it; may be left out
                             if the policy lists logs
  --origin URL               where decisions were made, such as https://gate.example.com

Options:
  --approver ID=FINGERPRINT  every decision must be by such a person (usr_…) with such a key
                             (SHA-256 of the COSE key, hexadecimal); may be given several times
  --policy FILE              the signed checkpoint must be cosigned by witnesses as this policy asks
                             (C2SP tlog-policy)
  --json                     the verdict as JSON
  --help                     this text

Exit code: 0 valid, 1 not a valid bundle, 2 unusable arguments.
`;

const OPTIONS = {
  vkey: { type: "string" },
  origin: { type: "string" },
  approver: { type: "string", multiple: true },
  policy: { type: "string" },
  json: { type: "boolean" },
} as const;

interface Arguments {
  path: string;
  trust: BundleTrust;
  json: boolean;
}

/** The arguments, or what is wrong with them. */
async function readArguments(args: string[]): Promise<Result<Arguments, string>> {
  const parsed = parseStrictly(args, OPTIONS);
  if (!parsed.ok) return parsed;
  const { values, positionals } = parsed.value;
  const [path, ...surplus] = positionals;
  if (path === undefined || surplus.length > 0) return refuse("name one bundle");
  const log = await readLogTrust(values);
  if (!log.ok) return log;
  if (values.origin === undefined) return refuse("--origin is missing");
  const trust: BundleTrust = { ...log.value, origin: values.origin };
  if (values.approver !== undefined) trust.approvers = readApprovers(values.approver);
  const problem = trustProblem(trust);
  return problem === null ? accept({ path, trust, json: values.json ?? false }) : refuse(problem);
}

function notValid({ code, file, message }: BundleFailure, json: boolean): Outcome {
  if (json) return { exitCode: 1, stdout: asciiJson({ valid: false, code, file, message }) };
  return { exitCode: 1, stdout: `Not valid: ${code}\n${file === null ? "" : `${visible(file)}: `}${visible(message)}\n` };
}

async function run(args: string[]): Promise<Outcome> {
  const read = await readArguments(args);
  if (!read.ok) return unusable("verify-bundle", read.refusal, USAGE);
  const { path, trust, json } = read.value;
  const files = await openBundle(path);
  if (!files.ok) {
    const { unusable: isUnusable, message } = files.refusal;
    return isUnusable ? unusable("verify-bundle", message, USAGE) : notValid({ code: "malformed", file: null, message }, json);
  }
  const judged = await verifyBundle(files.value, trust);
  if (!judged.ok) return notValid(judged.refusal, json);
  return { exitCode: 0, stdout: json ? asciiJson(bundleDocument(judged.value)) : describeBundle(judged.value) };
}

export const verifyBundleCommand: Command = { usage: USAGE, run };
