/** Reading what callers send: bounded, strictly JSON, then checked member by member. Whatever is in it is an attacker's choice. */
import type * as z from "zod/mini";
import { readBounded } from "#config/bounded-body.ts";
import { fromUtf8 } from "#countersign/encoding/bytes.ts";
import { DEFAULT_CAPS } from "#rules/caps.ts";
import { type JsonValue, parseJson } from "#countersign/json/canonical-json.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { Misfit, type Shape } from "#countersign/json/shape.ts";
import { checkInput, jsonFailure } from "#api/check-input.ts";
import type { Failure } from "#rules/failure.ts";

export const tooLargeBody = (maxBytes: number): Failure => ({
  code: "payload_too_large",
  message: `The body is larger than ${maxBytes} bytes.`,
});
const NOT_JSON_TYPE: Failure = { code: "unsupported_media_type", message: "Send the body as application/json." };
const OTHER_CHARSET: Failure = {
  code: "unsupported_media_type",
  message: "Send the body in UTF-8, which is the only charset of JSON here.",
};
const COMPRESSED: Failure = {
  code: "unsupported_media_type",
  message: "Send the body as it is, without Content-Encoding: nothing is decompressed here.",
};
const notUtf8 = (why: string): Failure => ({
  code: "invalid_request",
  message: `The body ${why}: send it as UTF-8, without a byte order mark.`,
  errors: [{ field: "", message: "not UTF-8" }],
});

/** Null for JSON in UTF-8 that is neither compressed nor encoded otherwise. */
function refusedType(headers: Headers): Failure | null {
  const [mediaType, ...parameters] = (headers.get("content-type") ?? "").split(";").map((part) => part.trim().toLowerCase());
  if (mediaType !== "application/json") return NOT_JSON_TYPE;
  const charset = /^charset\s*=\s*"?([^"]*)"?$/.exec(parameters.find((one) => one.startsWith("charset")) ?? "")?.[1] ?? "utf-8";
  if (!["utf-8", "utf8", "us-ascii"].includes(charset.trim())) return OTHER_CHARSET;
  const codings = (headers.get("content-encoding") ?? "").split(",").map((coding) => coding.trim().toLowerCase());
  return codings.every((coding) => coding === "" || coding === "identity") ? null : COMPRESSED;
}

/** Whether it begins as UTF-16 or UTF-32 does: with a byte order mark of theirs, or with half of an ASCII character. */
const isWide = ([first, second]: Uint8Array): boolean =>
  (first === 0xfe && second === 0xff) || (first === 0xff && second === 0xfe) || first === 0 || second === 0;

/** The body as text. Reads no further than the limit, whatever Content-Length claims (`readBounded`). */
export async function readJsonText(request: Request, maxBytes: number = DEFAULT_CAPS.MAX_BODY_BYTES): Promise<Result<string, Failure>> {
  const refused = refusedType(request.headers);
  if (refused !== null) return refuse(refused);
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) return refuse(tooLargeBody(maxBytes));
  const body = await readBounded(request, maxBytes);
  if (body === null) return refuse(tooLargeBody(maxBytes));
  if (isWide(body)) return refuse(notUtf8("is UTF-16 or UTF-32, or begins with a byte order mark of these"));
  const text = fromUtf8(body);
  return text === null ? refuse(notUtf8("is not UTF-8")) : accept(text);
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
