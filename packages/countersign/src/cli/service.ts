/** What the commands that call the service share: where it is and with which key, payloads, numbers, and the receipt's file. */
import { dirname, resolve } from "node:path";
import { isApiKey } from "../documents/api-key.ts";
import { type JsonObject, parseJson, readPayload } from "../json/canonical-json.ts";
import { accept, refuse, type Result } from "../result.ts";
import { Countersign } from "../sdk/approvals/countersign.ts";
import { type Allowing, CountersignClient } from "../sdk/client.ts";
import { parseVkey } from "../tlog/note.ts";
import { readText, type Surroundings } from "./command.ts";
import { logMemoryFile } from "./files/log-memory-file.ts";
import { complaintOf, hasPlainFile } from "./files/plain-file.ts";
import { replaceFile } from "./files/replace-file.ts";
import { pathTrouble } from "./files/trusted-folders.ts";

/** For the usage of each. */
export const ENVIRONMENT_USAGE = `Environment:
  COUNTERSIGN_URL            where the service is, such as https://gate.example.com
  COUNTERSIGN_API_KEY        the agent's key, csk_…
  COUNTERSIGN_LOG_VKEY       the log's verifier key; without it, the one is believed that
                             the service names when its log is first seen
  COUNTERSIGN_STATE          the folder that remembers what was seen of logs
                             (~/.local/state/countersign)
`;

/** A key must not travel in the clear, except within this machine. */
function isSafeOrigin(url: URL): boolean {
  return url.protocol === "https:" || (url.protocol === "http:" && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname));
}

/**
 * Why no receipt can be saved there, or null. A folder in which others could replace it is only told of, unlike that of a file which
 * is read again and believed: a receipt proves itself to whoever verifies it.
 */
function receiptComplaint(file: string, { tell }: Surroundings): string | null {
  try {
    hasPlainFile(file);
    const trouble = pathTrouble(dirname(resolve(file)));
    if (trouble !== null) tell(`countersign: verify the receipt before you rely on it: ${trouble}\n`);
    return null;
  } catch (error) {
    return `--receipt: ${complaintOf(error)}`;
  }
}

/** The service's origin, as the environment names it, or what is wrong with that. */
export function originOf(environment: Surroundings["environment"]): Result<string, string> {
  const given = environment["COUNTERSIGN_URL"] ?? "";
  const url = URL.canParse(given) ? new URL(given) : null;
  if (url === null || !isSafeOrigin(url) || (given !== url.origin && given !== `${url.origin}/`)) {
    return refuse("COUNTERSIGN_URL has to be the service's address, such as https://gate.example.com");
  }
  return accept(url.origin);
}

/** Where the service is and with which key, as the environment says, or what is wrong with that. Says nothing of the key but whether it is one. */
export function agentSettings(environment: Surroundings["environment"]): Result<{ url: string; apiKey: string; logVkey?: string }, string> {
  const url = originOf(environment);
  if (!url.ok) return url;
  const apiKey = environment["COUNTERSIGN_API_KEY"] ?? "";
  if (!isApiKey(apiKey)) return refuse("COUNTERSIGN_API_KEY has to be an agent's key, csk_… as it was shown once");
  const logVkey = environment["COUNTERSIGN_LOG_VKEY"];
  if (logVkey !== undefined && !parseVkey(logVkey).ok) {
    return refuse("COUNTERSIGN_LOG_VKEY has to be the log's verifier key, such as gate.example.com/log+1a2b3c4d+AZ…");
  }
  return accept({ url: url.value, apiKey, ...(logVkey !== undefined && { logVkey }) });
}

/** The settings, unless the file for a receipt is one that it could not be saved in: nothing is asked or used up then. */
function settingsBeside(surroundings: Surroundings, receipt: string | undefined): ReturnType<typeof agentSettings> {
  const complaint = receipt === undefined ? null : receiptComplaint(receipt, surroundings);
  return complaint === null ? agentSettings(surroundings.environment) : refuse(complaint);
}

/** The client that the environment names, or what is wrong with that. */
export function connect(surroundings: Surroundings, { receipt }: { receipt?: string }): Result<CountersignClient, string> {
  const settings = settingsBeside(surroundings, receipt);
  return settings.ok ? accept(new CountersignClient({ ...settings.value, memory: logMemoryFile(surroundings) })) : settings;
}

/** The same with the SDK above it, which runs nothing but what is approved. */
export function connectGate(
  surroundings: Surroundings,
  { receipt, allowBasis }: Allowing & { receipt?: string },
): Result<Countersign, string> {
  const settings = settingsBeside(surroundings, receipt);
  if (!settings.ok) return settings;
  const { logVkey, ...where } = settings.value;
  const options = { ...where, memory: logMemoryFile(surroundings), ...(logVkey !== undefined && { logKey: logVkey }) };
  return accept(new Countersign({ ...options, ...(allowBasis !== undefined && { allowBasis }) }));
}

export const PAYLOAD_OPTIONS = { payload: { type: "string" }, "payload-json": { type: "string" } } as const;

/** The payload of `--payload FILE` or `--payload-json JSON`, one of them. */
export async function payloadOf(values: { payload?: string; "payload-json"?: string }): Promise<Result<JsonObject, string>> {
  const { payload: file, "payload-json": given } = values;
  if ((file === undefined) === (given === undefined)) return refuse("give --payload FILE or --payload-json JSON");
  const text = file === undefined ? accept(given ?? "") : await readText(file);
  if (!text.ok) return text;
  const json = text.value === null ? null : parseJson(text.value);
  if (json === null) return refuse("the payload is not UTF-8");
  const payload = json.ok ? readPayload(json.value) : json;
  return payload.ok
    ? payload
    : refuse(`the payload cannot be shown and signed exactly: ${payload.refusal.message} (${payload.refusal.place})`);
}

/** A whole number of an option from `least` to `most`; undefined if it was not given. */
export function numberOf(
  given: string | undefined,
  option: string,
  { least, most }: { least: number; most: number },
): Result<number | undefined, string> {
  if (given === undefined) return accept(undefined);
  const number = /^\d{1,9}$/.test(given) ? Number(given) : Number.NaN;
  return number >= least && number <= most ? accept(number) : refuse(`${option} is a whole number from ${least} to ${most}`);
}

/** Saves the receipt as it is served, once the client has checked it. Gives why that failed, null if it did not. */
export async function saveReceipt(client: CountersignClient, requestId: string, file: string, allowing: Allowing): Promise<string | null> {
  const receipt = await client.receipt(requestId, allowing);
  if (!receipt.ok) return `no receipt was saved: ${receipt.refusal.message} (${receipt.refusal.code})`;
  try {
    await replaceFile(file, receipt.value);
    return null;
  } catch (error) {
    return `the receipt could not be saved: ${complaintOf(error)}`;
  }
}
