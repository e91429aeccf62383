/** Reading what a form without a script sends: bounded as every other body is. */
import { readBounded } from "#config/bounded-body.ts";
import { fromUtf8 } from "#countersign/encoding/bytes.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { DEFAULT_CAPS } from "#rules/caps.ts";
import { fieldFailure, type Failure } from "#rules/failure.ts";
import { tooLargeBody } from "./read-body.ts";

const NOT_A_FORM: Failure = { code: "unsupported_media_type", message: "Send the form as application/x-www-form-urlencoded." };

/** One field of a form, its line ends as they were written: a browser sends them as those of Windows. */
export async function readFormField(request: Request, name: string): Promise<Result<string, Failure>> {
  const mediaType = (request.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
  if (mediaType !== "application/x-www-form-urlencoded") return refuse(NOT_A_FORM);
  const body = await readBounded(request, DEFAULT_CAPS.MAX_BODY_BYTES);
  if (body === null) return refuse(tooLargeBody(DEFAULT_CAPS.MAX_BODY_BYTES));
  const value = new URLSearchParams(fromUtf8(body) ?? "").get(name);
  return value === null ? refuse(fieldFailure(name, "this field is missing")) : accept(value.replaceAll("\r\n", "\n"));
}
