/** A payload as the SDK holds it: a copy, made before anybody waits, and the hash that goes on with it. */
import { payloadHash } from "../../documents/request.ts";
import type { JsonObject } from "../../json/canonical-json.ts";
import { readOwnPayload } from "../own-payload.ts";
import { errorOfRefusal } from "./errors.ts";

/** The copy, and its hash as documents have it. Throws what a service would refuse. */
export function ownPayload(given: unknown): { payload: JsonObject; hash: string } {
  const read = readOwnPayload(given);
  if (!read.ok) throw errorOfRefusal(read.refusal);
  return { payload: read.value, hash: payloadHash(read.value) };
}
