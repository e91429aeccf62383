/** One question to a service, whose answer is bounded in time and size; redirects are told and not followed. */
import { fromUtf8 } from "../../encoding/bytes.ts";
import { type JsonObject, parseJson } from "../../json/canonical-json.ts";
import { anyObject, fit, isObject, object, type Of, type Shape } from "../../json/shape.ts";
import { accept, refuse, type Result } from "../../result.ts";
import { fetchFailure } from "../../sdk/fetch-failure.ts";
import { readAtMost } from "../../sdk/read-at-most.ts";

const ANSWER_MS = 15_000;
/** The largest that is asked for is the description of the whole interface. */
const MOST_BYTES = 8 * 1024 * 1024;

export interface Answered {
  status: number;
  headers: Headers;
  /** Null if it is no JSON object. */
  document: JsonObject | null;
  /** Milliseconds since the epoch: before the question was sent, and once the answer had begun. */
  sentMs: number;
  cameMs: number;
}

/** The answer, whatever its status; refuses with the platform's word for why none came. */
export async function lookAt(url: string, init: RequestInit = {}, now: () => number = Date.now): Promise<Result<Answered, string>> {
  const sentMs = now();
  try {
    const response = await fetch(url, { ...init, redirect: "manual", signal: AbortSignal.timeout(ANSWER_MS) });
    const cameMs = now();
    const bytes = await readAtMost(response, MOST_BYTES);
    const json = parseJson((bytes && fromUtf8(bytes)) ?? "");
    const document = json.ok && isObject(json.value) ? json.value : null;
    return accept({ status: response.status, headers: response.headers, document, sentMs, cameMs });
  } catch (error) {
    return refuse(fetchFailure(error));
  }
}

/** An object with these members, and whatever else there is: a newer service tells more. */
export const withAtLeast =
  <Members extends Record<string, Shape<unknown>>>(members: Members): Shape<Of<ReturnType<typeof object<Members>>>> =>
  (value, path) => {
    const given = anyObject(value, path);
    const known = Object.keys(members).filter((name) => Object.hasOwn(given, name));
    return object(members)(Object.fromEntries(known.map((name) => [name, given[name] ?? null])), path);
  };

/** The document of an answer as that shape; null if there is none, or it is another. */
export function documentAs<T>(document: JsonObject | null, shape: Shape<T>): T | null {
  const read = document === null ? null : fit(shape, document);
  return read?.ok === true ? read.value : null;
}
