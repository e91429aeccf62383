/** Reading what callers send: bounded, strictly JSON, then checked member by member. Whatever is in it is an attacker's choice. */
import * as z from "zod/mini";
import en from "zod/v4/locales/en.js";
import { concat, fromUtf8 } from "../core/bytes.ts";
import { type JsonValue, parseJson } from "../core/canonical-json.ts";
import { accept, refuse, type Result } from "../core/result.ts";
import { Misfit, type Shape } from "../core/shape.ts";
import type { Failure, FieldError } from "../gate/failure.ts";

// The small build of zod has no words of its own for what does not fit.
z.config(en());

/** Of a whole body; a payload within it is bounded more tightly. */
export const MAX_BODY_BYTES = 1024 * 1024;

const TOO_LARGE: Failure = { code: "payload_too_large", message: `The body is larger than ${MAX_BODY_BYTES} bytes.` };
const NOT_JSON_TYPE: Failure = { code: "unsupported_media_type", message: "Send the body as application/json." };
const NOT_UTF8: Failure = { code: "invalid_request", message: "The body is not UTF-8.", errors: [{ field: "", message: "not UTF-8" }] };

/** The one member that is hashed and shown. */
const PAYLOAD = /^payload(?![A-Za-z0-9_])/;

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
export async function readJson(request: Request): Promise<Result<JsonValue, Failure>> {
  const text = await readJsonText(request);
  if (!text.ok) return text;
  const parsed = parseJson(text.value);
  if (parsed.ok) return parsed;
  const { reason, place, message } = parsed.refusal;
  const field = place.replace(/^\$\.?/, "");
  if (reason !== "malformed" && PAYLOAD.test(field)) {
    return refuse({
      code: "payload_not_canonical",
      message: `The payload cannot be shown and signed exactly, at ${field}: ${message}.`,
      errors: [{ field, message }],
    });
  }
  return refuse({ code: "invalid_request", message: `The body is not acceptable JSON: ${message}.`, errors: [{ field, message }] });
}

/** A path as people write it: `approvers.users[0]`. */
const fieldName = (path: readonly PropertyKey[]): string =>
  path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .replace(/^\./, "");

/** `input` as the schema's type, or every member that does not fit. */
export function checkInput<Schema extends z.ZodMiniType>(schema: Schema, input: unknown): Result<z.output<Schema>, Failure> {
  const checked = schema.safeParse(input);
  if (checked.success) return accept(checked.data);
  const errors: FieldError[] = checked.error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({ field: fieldName([...issue.path, key]), message: "no such member" }))
      : [{ field: fieldName(issue.path), message: issue.message }],
  );
  const first = errors[0];
  const message = first === undefined ? "The input does not fit." : `${first.field === "" ? "The input" : first.field}: ${first.message}.`;
  return refuse({ code: "invalid_request", message, errors });
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
