/** One call of the service by a person's command line. Redirects are not followed, so that the key stays with the service it belongs to. */
import type { JsonObject } from "../../json/canonical-json.ts";
import { parseJson } from "../../json/canonical-json.ts";
import { fromUtf8 } from "../../encoding/bytes.ts";
import { isObject } from "../../json/shape.ts";
import { accept, refuse, type Result } from "../../result.ts";
import { fetchFailure } from "../../sdk/fetch-failure.ts";
import { readAtMost } from "../../sdk/read-at-most.ts";

/** Why nothing usable came. `message` says what to do. */
export interface CallFailed {
  /** The service's code; `unreachable` or `malformed` where it was none of its answers. */
  code: string;
  message: string;
}

export interface ServiceCall {
  origin: string;
  /** Null where none is needed. */
  key: string | null;
  method?: "GET" | "POST" | "DELETE";
  /** From the slash on. */
  path: string;
  body?: JsonObject;
}

/** Longer than a page of any list takes. */
const ANSWER_MS = 60_000;
const MAX_DOCUMENT_BYTES = 33_554_432;
const MAX_PROBLEM_BYTES = 65_536;

/** Whose answer is one of the service's own, of success; its body is not read. */
export async function callService(
  { origin, key, method = "GET", path, body }: ServiceCall,
  limitMs = ANSWER_MS,
): Promise<Result<Response, CallFailed>> {
  try {
    const answer = await fetch(`${origin}${path}`, {
      method,
      headers: {
        ...(key !== null && { authorization: `Bearer ${key}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      redirect: "manual",
      ...(limitMs > 0 && { signal: AbortSignal.timeout(limitMs) }),
    });
    return answer.ok ? accept(answer) : refuse(await problemOf(answer));
  } catch (error) {
    return refuse({
      code: "unreachable",
      message: `${origin} did not answer (${fetchFailure(error)}). Check COUNTERSIGN_URL and the connection.`,
    });
  }
}

async function problemOf(answer: Response): Promise<CallFailed> {
  const bytes = await readAtMost(answer, MAX_PROBLEM_BYTES);
  const json = parseJson((bytes && fromUtf8(bytes)) ?? "");
  const { detail, code, errors } = json.ok && isObject(json.value) ? json.value : {};
  if (typeof detail !== "string" || typeof code !== "string") {
    return { code: "malformed", message: `What answered with status ${answer.status} is not the service. Check COUNTERSIGN_URL.` };
  }
  const fields = (Array.isArray(errors) ? errors : []).flatMap((one) => {
    const { field, message } = isObject(one) ? one : {};
    return typeof field === "string" && typeof message === "string" ? [`${field}: ${message}`] : [];
  });
  const wait = answer.headers.get("retry-after");
  return { code, message: [detail, ...fields, ...(wait === null ? [] : [`Try again in ${wait} s.`])].join(" ") };
}

/** The document that it answers with. */
export async function documentOf(call: ServiceCall): Promise<Result<JsonObject, CallFailed>> {
  const answer = await callService(call);
  if (!answer.ok) return answer;
  const malformed = (what: string) => refuse({ code: "malformed", message: `What ${call.origin} answers cannot be read: ${what}.` });
  try {
    const bytes = await readAtMost(answer.value, MAX_DOCUMENT_BYTES);
    if (bytes === null) return malformed(`more than ${MAX_DOCUMENT_BYTES} bytes`);
    const json = parseJson(fromUtf8(bytes) ?? "");
    return json.ok && isObject(json.value) ? accept(json.value) : malformed("it is no document");
  } catch (error) {
    return refuse({ code: "unreachable", message: `The answer was cut off (${fetchFailure(error)}). Try again.` });
  }
}
