/** What one step of a job hands to the next: which request it is, what it was for, and whether this job has used it. Nothing secret. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fromUtf8 } from "../../encoding/bytes.ts";
import { parseJson } from "../../json/canonical-json.ts";
import { isObject } from "../../json/shape.ts";
import { accept, refuse, type Result } from "../../result.ts";
import type { Surroundings } from "../command.ts";
import { complaintOf, readPlainFile } from "../files/plain-file.ts";
import { replaceFile } from "../files/replace-file.ts";
import type { CiInputs } from "./ci-inputs.ts";

export interface GateState {
  request_id: string;
  payload_hash?: string;
  /** Set once this job's own redemption has succeeded. */
  redeemed?: true;
}

const MOST_BYTES = 4_096;
const REQUEST_ID = /^apr_[A-Za-z0-9_-]{32}$/;
const HASH = /^[0-9a-f]{64}$/;

/** The file: as it is named, else in the runner's own folder for this job, else here. */
const stateFile = ({ state }: CiInputs, { environment }: Surroundings): string =>
  state ?? join(environment["RUNNER_TEMP"] ?? ".", "countersign-ci.json");

/** Forgets what an earlier gate of this job has left: what fails from now on must not be taken for it. */
export async function clearState(inputs: CiInputs, surroundings: Surroundings): Promise<Result<null, string>> {
  try {
    await rm(stateFile(inputs, surroundings), { force: true });
    return accept(null);
  } catch (error) {
    return refuse(complaintOf(error));
  }
}

export async function writeState(state: GateState, inputs: CiInputs, surroundings: Surroundings): Promise<Result<null, string>> {
  try {
    await replaceFile(stateFile(inputs, surroundings), `${JSON.stringify(state)}\n`);
    return accept(null);
  } catch (error) {
    return refuse(complaintOf(error));
  }
}

/** The state of the file; null if there is none. */
async function readState(file: string): Promise<Result<GateState | null, string>> {
  try {
    const bytes = await readPlainFile(file, MOST_BYTES);
    if (bytes === null) return accept(null);
    const json = parseJson(fromUtf8(bytes) ?? "");
    if (!json.ok || !isObject(json.value)) return refuse(`${file} is damaged`);
    const { request_id, payload_hash, redeemed } = json.value;
    if (typeof request_id !== "string" || !REQUEST_ID.test(request_id)) return refuse(`${file} names no request`);
    if (typeof payload_hash !== "string" || !HASH.test(payload_hash)) return refuse(`${file} has no payload_hash`);
    return accept({ request_id, payload_hash, ...(redeemed === true && { redeemed }) });
  } catch (error) {
    return refuse(complaintOf(error));
  }
}

/** The request that inputs name, where another job asked, or the one of this job's state; null if there is neither. */
export async function standingState(inputs: CiInputs, surroundings: Surroundings): Promise<Result<GateState | null, string>> {
  const read = await readState(stateFile(inputs, surroundings));
  const { "request-id": named, "payload-hash": hash } = inputs;
  if (named === undefined) return read;
  if (!REQUEST_ID.test(named)) return refuse("--request-id is the id of a request, apr_…");
  if (hash !== undefined && !HASH.test(hash)) return refuse("--payload-hash is the hash that ask has printed");
  // What this job has redeemed it knows of its own state alone.
  const isRedeemed = read.ok && read.value?.request_id === named && read.value.redeemed === true;
  return accept({ request_id: named, ...(hash !== undefined && { payload_hash: hash }), ...(isRedeemed && { redeemed: true }) });
}
