/** `countersign verify`: a receipt checked offline, unless it is to be remembered. Exit 0: valid. 1: readable, but no valid receipt. 2: unusable arguments. */
import { hex } from "../../encoding/bytes.ts";
import { hashJson, type JsonObject, parseJson, readPayload } from "../../json/canonical-json.ts";
import { accept, refuse, type Result } from "../../result.ts";
import { receiptType } from "../../documents/receipt.ts";
import { isV2, payloadHash } from "../../documents/request.ts";
import type { Doubt } from "../../sdk/known-log.ts";
import {
  parseReceipt,
  readApprovers,
  type Receipt,
  RECEIPT_TOO_LARGE,
  type ReceiptFailure,
  type Trust,
  trustProblem,
  type ReceiptVerdict,
  verifyReceipt,
} from "../../verifier.ts";
import { describe, verdictDocument } from "./describe.ts";
import { ALLOW_BASIS_USAGE, readBases } from "../allow-basis.ts";
import { type Command, type Outcome, parseStrictly, readText, type Surroundings, tooLarge, unusable } from "../command.ts";
import { readLogTrust } from "./read-witness-policy.ts";
import { logUrlOf, rememberReceipt } from "./remember-receipt.ts";
import { asciiJson, visible } from "../visible.ts";

const USAGE = `Usage: countersign verify RECEIPT --vkey KEY --origin URL [options]

Verifies a receipt offline. What you trust is what you give:
  --vkey KEY                 the log's verifier key, as its operator publishes it; may be left out
                             if the policy lists logs
  --origin URL               where decisions are made, such as https://gate.example.com

Options:
  --payload FILE             the JSON file must be the payload that was decided on
  --preview FILE             the JSON file must be the preview that people were shown
  --approver ID=FINGERPRINT  every decision must be by such a person (usr_…) with such a key
                             (SHA-256 of the COSE key, hexadecimal); may be given several times
  --policy FILE              the log's checkpoint must be cosigned by witnesses as this policy asks
                             (C2SP tlog-policy)
${ALLOW_BASIS_USAGE}  --remember                 the log must also be shown to be the one that is remembered, and is
                             remembered from then on: this reads the log, and writes to the folder
                             COUNTERSIGN_STATE (~/.local/state/countersign)
  --log URL                  where --remember reads the log (the origin and /log)
  --json                     the verdict as JSON
  --help                     this text

Exit code: 0 valid, 1 not a valid receipt, 2 unusable arguments.
`;

const OPTIONS = {
  vkey: { type: "string" },
  origin: { type: "string" },
  payload: { type: "string" },
  preview: { type: "string" },
  approver: { type: "string", multiple: true },
  policy: { type: "string" },
  "allow-basis": { type: "string" },
  remember: { type: "boolean" },
  log: { type: "string" },
  json: { type: "boolean" },
} as const;

interface Arguments {
  receiptFile: string;
  payloadFile: string | undefined;
  previewFile: string | undefined;
  trust: Trust;
  /** Where the log is read; null if nothing is to be remembered. */
  logUrl: string | null;
  json: boolean;
}

/** The arguments, or what is wrong with them. */
async function readArguments(args: string[]): Promise<Result<Arguments, string>> {
  const parsed = parseStrictly(args, OPTIONS);
  if (!parsed.ok) return parsed;
  const { values, positionals } = parsed.value;
  const [receiptFile, ...surplus] = positionals;
  if (receiptFile === undefined || surplus.length > 0) return refuse("name one receipt");
  const log = await readLogTrust(values);
  if (!log.ok) return log;
  if (values.origin === undefined) return refuse("--origin is missing");
  const allowBasis = readBases(values["allow-basis"]);
  if (!allowBasis.ok) return allowBasis;
  const trust: Trust = { ...log.value, origin: values.origin, allowBasis: allowBasis.value };
  if (values.approver !== undefined) trust.approvers = readApprovers(values.approver);
  const problem = trustProblem(trust);
  if (problem !== null) return refuse(problem);
  if (values.log !== undefined && values.remember !== true) return refuse("--log says where --remember reads the log");
  const logUrl = logUrlOf(values.log, values.origin);
  if (!logUrl.ok) return logUrl;
  const json = values.json ?? false;
  const files = { receiptFile, payloadFile: values.payload, previewFile: values.preview };
  return accept({ ...files, trust, logUrl: values.remember === true ? logUrl.value : null, json });
}

/** The payload in a file, if it is the one that the receipt is about. */
function readFilePayload(text: string | null, receipt: Receipt): Result<JsonObject, ReceiptFailure> {
  const json = parseJson(text ?? "");
  const payload = json.ok ? readPayload(json.value) : json;
  const mismatch = (message: string) => refuse<ReceiptFailure>({ code: "payload_mismatch", message });
  if (!payload.ok) return mismatch(`The file is not a payload: ${payload.refusal.message} (${payload.refusal.place}).`);
  if (payloadHash(payload.value) === receipt.final.record.request.payload_hash) return payload;
  return mismatch("The file is not the payload that was decided on.");
}

/** The preview in a file is not the one whose hash was signed. */
interface PreviewMismatch {
  code: "preview_mismatch";
  message: string;
}

/** Null if the preview in a file is the one that people were shown. */
function previewMismatch(text: string | null, receipt: Receipt): PreviewMismatch | null {
  const { request } = receipt.final.record;
  const signed = isV2(request) ? request.context.preview_hash : undefined;
  const mismatch = (message: string): PreviewMismatch => ({ code: "preview_mismatch", message });
  if (signed === undefined) return mismatch("Nobody was shown a preview: none is signed.");
  const json = parseJson(text ?? "");
  if (!json.ok) return mismatch(`The file is not JSON under the rules: ${json.refusal.message} (${json.refusal.place}).`);
  return hex(hashJson(json.value)) === signed ? null : mismatch("The file is not the preview that people were shown.");
}

/** As it was when the service still kept the payload: so that what a grant allows is held against that. */
const withPayload = (receipt: Receipt, payload: JsonObject): Receipt =>
  "steps" in receipt ? { ...receipt, type: receiptType(2, payload), payload } : { ...receipt, type: receiptType(1, payload), payload };

async function judge(
  receiptText: string | null,
  { payloadText, previewText }: Record<"payloadText" | "previewText", string | null | undefined>,
  { trust, logUrl }: Arguments,
  surroundings: Surroundings,
): Promise<Result<ReceiptVerdict, ReceiptFailure | Doubt | PreviewMismatch>> {
  if (receiptText === null) return refuse({ code: "malformed", message: "The receipt is not UTF-8." });
  const receipt = parseReceipt(receiptText);
  if (!receipt.ok) return receipt;
  const given = payloadText === undefined ? null : readFilePayload(payloadText, receipt.value);
  if (given?.ok === false) return given;
  const mismatch = previewText === undefined ? null : previewMismatch(previewText, receipt.value);
  if (mismatch !== null) return refuse(mismatch);
  const { payload } = receipt.value;
  const judged = await verifyReceipt(given === null ? receipt.value : withPayload(receipt.value, given.value), trust);
  const verified = judged.ok ? accept({ ...judged.value, payloadIsKept: payload !== null }) : judged;
  if (!verified.ok || logUrl === null) return verified;
  const remembered = await rememberReceipt(receipt.value, trust, logUrl, surroundings);
  return remembered.ok ? verified : remembered;
}

async function run(args: string[], surroundings: Surroundings): Promise<Outcome> {
  const read = await readArguments(args);
  if (!read.ok) return unusable("verify", read.refusal, USAGE);
  const { receiptFile, payloadFile, previewFile, logUrl, json } = read.value;
  const receipt = await readText(receiptFile);
  if (!receipt.ok && receipt.refusal !== tooLarge(receiptFile)) return unusable("verify", receipt.refusal, USAGE);
  const payload = payloadFile === undefined ? accept(undefined) : await readText(payloadFile);
  if (!payload.ok) return unusable("verify", payload.refusal, USAGE);
  const preview = previewFile === undefined ? accept(undefined) : await readText(previewFile);
  if (!preview.ok) return unusable("verify", preview.refusal, USAGE);

  const texts = { payloadText: payload.value, previewText: preview.value };
  const judged = receipt.ok ? await judge(receipt.value, texts, read.value, surroundings) : refuse(RECEIPT_TOO_LARGE);
  if (judged.ok) {
    const verdict = judged.value;
    const words = `${describe(verdict, { payload: payloadFile !== undefined, preview: previewFile !== undefined })}${logUrl === null ? "" : "The log is the one that is remembered.\n"}`;
    return { exitCode: 0, stdout: json ? asciiJson(verdictDocument(verdict)) : words };
  }
  const { code, message } = judged.refusal;
  const heading = code.startsWith("log_") || code === "basis_not_allowed" ? "Valid by itself, but not accepted" : "Not valid";
  return { exitCode: 1, stdout: json ? asciiJson({ valid: false, code, message }) : `${heading}: ${code}\n${visible(message)}\n` };
}

export const verifyCommand: Command = { usage: USAGE, run };
