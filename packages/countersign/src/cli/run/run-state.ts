/** What `run` keeps in the file of `--state`, so that a run which was given up can be gone on with: the request, and what it was for. */
import { rm } from "node:fs/promises";
import { fromUtf8 } from "../../encoding/bytes.ts";
import { parseJson } from "../../json/canonical-json.ts";
import { isObject } from "../../json/shape.ts";
import { accept, refuse, type Result } from "../../result.ts";
import type { AskedState } from "../../sdk/approvals/errors.ts";
import { complaintOf, readPlainFile } from "../files/plain-file.ts";
import { replaceFile } from "../files/replace-file.ts";

const MOST_BYTES = 4_096;

/** Null if there is no file, or none is wanted. */
export async function readRunState(file: string | undefined): Promise<Result<AskedState | null, string>> {
  if (file === undefined) return accept(null);
  try {
    const bytes = await readPlainFile(file, MOST_BYTES);
    if (bytes === null) return accept(null);
    const json = parseJson(fromUtf8(bytes) ?? "");
    const { request_id, payload_hash } = json.ok && isObject(json.value) ? json.value : {};
    if (typeof request_id !== "string" || typeof payload_hash !== "string") return refuse(`${file} is no state of a run`);
    return accept({ request_id, payload_hash });
  } catch (error) {
    return refuse(complaintOf(error));
  }
}

/** Why it could not be kept, or null. */
export async function keepRunState(file: string | undefined, state: AskedState): Promise<string | null> {
  if (file === undefined) return null;
  const { request_id, payload_hash } = state;
  return await replaceFile(file, `${JSON.stringify({ request_id, payload_hash })}\n`).then(() => null, complaintOf);
}

/** Of what is over there is nothing to go on with. */
export async function dropRunState(file: string | undefined): Promise<void> {
  if (file !== undefined) await rm(file, { force: true }).catch(() => {});
}
