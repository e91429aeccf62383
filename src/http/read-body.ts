/** Reading what callers send: bounded, strictly JSON, then checked member by member. Whatever is in it is an attacker's choice. */
import type * as z from "zod/mini";
import { concatAll, fromUtf8 } from "#countersign/encoding/bytes.ts";
import { DEFAULT_CAPS } from "#rules/caps.ts";
import { type JsonValue, parseJson } from "#countersign/json/canonical-json.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { Misfit, type Shape } from "#countersign/json/shape.ts";
import { checkInput, jsonFailure } from "#api/check-input.ts";
import type { Failure } from "#rules/failure.ts";

const tooLarge = (maxBytes: number): Failure => ({ code: "payload_too_large", message: `The body is larger than ${maxBytes} bytes.` });
const NOT_JSON_TYPE: Failure = { code: "unsupported_media_type", message: "Send the body as application/json." };
const NOT_UTF8: Failure = { code: "invalid_request", message: "The body is not UTF-8.", errors: [{ field: "", message: "not UTF-8" }] };

/** The body as text. Reads no further than the limit, whatever Content-Length claims. */
export async function readJsonText(request: Request, maxBytes: number = DEFAULT_CAPS.MAX_BODY_BYTES): Promise<Result<string, Failure>> {
  const mediaType = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (mediaType !== "application/json") return refuse(NOT_JSON_TYPE);
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) return refuse(tooLarge(maxBytes));
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > maxBytes) return refuse(tooLarge(maxBytes));
    chunks.push(chunk);
  }
  const text = fromUtf8(concatAll(chunks));
  return text === null ? refuse(NOT_UTF8) : accept(text);
}

/** The body as JSON that survives hashing (docs/formats.md, "JSON that is hashed"). */
async function readJson(request: Request, maxBytes?: number): Promise<Result<JsonValue, Failure>> {
  const text = await readJsonText(request, maxBytes);
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

/** The JSON body, of at most `maxBytes`, as the schema's type. */
export async function readBody<Schema extends z.ZodMiniType>(
  request: Request,
  schema: Schema,
  maxBytes?: number,
): Promise<Result<z.output<Schema>, Failure>> {
  const json = await readJson(request, maxBytes);
  return json.ok ? checkInput(schema, json.value) : json;
}
