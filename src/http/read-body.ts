/** Reading what callers send: bounded, strictly JSON, then checked member by member. Whatever is in it is an attacker's choice. */
import type * as z from "zod/mini";
import { concat, fromUtf8 } from "../core/bytes.ts";
import { type JsonValue, parseJson } from "../core/canonical-json.ts";
import { accept, refuse, type Result } from "../core/result.ts";
import { Misfit, type Shape } from "../core/shape.ts";
import { checkInput, jsonFailure } from "../api/check-input.ts";
import type { Failure } from "../gate/failure.ts";

/** Of a whole body; a payload within it is bounded more tightly. */
const MAX_BODY_BYTES = 1024 * 1024;

const TOO_LARGE: Failure = { code: "payload_too_large", message: `The body is larger than ${MAX_BODY_BYTES} bytes.` };
const NOT_JSON_TYPE: Failure = { code: "unsupported_media_type", message: "Send the body as application/json." };
const NOT_UTF8: Failure = { code: "invalid_request", message: "The body is not UTF-8.", errors: [{ field: "", message: "not UTF-8" }] };

/** The body as text. Reads no further than the limit, whatever Content-Length claims. */
export async function readJsonText(request: Request): Promise<Result<string, Failure>> {
  const mediaType = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (mediaType !== "application/json") return refuse(NOT_JSON_TYPE);
  if (Number(request.headers.get("content-length") ?? 0) > MAX_BODY_BYTES) return refuse(TOO_LARGE);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) return refuse(TOO_LARGE);
    chunks.push(chunk);
  }
  const text = fromUtf8(concat(...chunks));
  return text === null ? refuse(NOT_UTF8) : accept(text);
}

/** The body as JSON that survives hashing (docs/formats.md, "JSON that is hashed"). */
async function readJson(request: Request): Promise<Result<JsonValue, Failure>> {
  const text = await readJsonText(request);
  if (!text.ok) return text;
  const parsed = parseJson(text.value);
  return parsed.ok ? parsed : refuse(jsonFailure(parsed.refusal, "$"));
}

/** `value` as the signed document's type, or the first place in it that does not fit. */
export function checkDocument<T>(shape: Shape<T>, value: JsonValue, field: string): Result<T, Failure> {
  try {
    return accept(shape(value, field));
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    const message = `does not fit: ${error.message}`;
    return refuse({ code: "invalid_request", message: `${field} ${message}.`, errors: [{ field, message }] });
  }
}

/** The JSON body as the schema's type. */
export async function readBody<Schema extends z.ZodMiniType>(request: Request, schema: Schema): Promise<Result<z.output<Schema>, Failure>> {
  const json = await readJson(request);
  return json.ok ? checkInput(schema, json.value) : json;
}
