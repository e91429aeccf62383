/** Calls to this service: same origin, JSON both ways, refusals as values (RFC 9457 problem details). */
import { type JsonValue, parseJson } from "#countersign/json/canonical-json.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { isObject, list, Misfit, object, type Shape, text } from "#countersign/json/shape.ts";
import { pageScriptTexts as texts } from "#texts/browser/kit/page.ts";

/** A refusal in words for the reader. */
export interface Problem {
  code: string;
  detail: string;
  /** What is wrong with which field. */
  errors: { field: string; message: string }[];
  /**
   * Whether the service itself said that the call did nothing. Otherwise no answer came, or one of something in between, or the
   * service was interrupted: what came of a change is then not known until it has been read again (unknown-answer.ts).
   */
  isKnown: boolean;
  /** After how many seconds it may be tried again. */
  retryAfterSeconds?: number;
  /** Whether the passkey that was used is none of this service's. */
  isUnknownPasskey?: boolean;
}

const UNREACHABLE: Problem = {
  code: "unreachable",
  detail: texts.answers.unreachable,
  errors: [],
  isKnown: false,
};
/** Something answered, and it was not the service. */
export const UNREADABLE: Problem = {
  code: "unreadable",
  detail: texts.answers.unreadable,
  errors: [],
  isKnown: false,
};

/** The service's own word for that something failed inside, perhaps after it was done. */
const INTERRUPTED = "unavailable";

/** Longer than the service takes for anything but what it is asked to wait for, which comes on top. */
const ANSWER_MS = 30_000;
const LONGEST_WAIT_MS = 25_000;

const fieldErrors = list(object({ field: text(), message: text() }));

function readErrors(errors: JsonValue | undefined): Problem["errors"] {
  try {
    return errors === undefined ? [] : fieldErrors(errors, "errors");
  } catch (error) {
    if (error instanceof Misfit) return [];
    throw error;
  }
}

function readProblem(body: JsonValue): Problem {
  if (!isObject(body)) return UNREADABLE;
  const { code, detail } = body;
  if (typeof code !== "string" || typeof detail !== "string") return UNREADABLE;
  return {
    code,
    detail,
    errors: readErrors(body["errors"]),
    isKnown: code !== INTERRUPTED,
    isUnknownPasskey: body["passkey"] === "unknown",
  };
}

/** Any JSON, for answers whose members are checked by whoever uses them. */
export const anything: Shape<JsonValue | undefined> = (value) => value;

/** Calls, and gives up when no answer comes for so long that none will: whatever is busy meanwhile must end. */
async function call<T>(path: string, init: RequestInit, shape: Shape<T>): Promise<Result<T, Problem>> {
  let response: Response;
  let body: string;
  const tooLate = AbortSignal.timeout(init.signal == null ? ANSWER_MS : LONGEST_WAIT_MS + ANSWER_MS);
  const signal = init.signal == null ? tooLate : AbortSignal.any([init.signal, tooLate]);
  try {
    response = await fetch(path, { ...init, signal, credentials: "same-origin", cache: "no-store", redirect: "error" });
    body = await response.text();
  } catch {
    return refuse(UNREACHABLE);
  }
  if (response.status === 204) return readAs(shape, undefined);
  const parsed = parseJson(body);
  if (!parsed.ok) return refuse(UNREADABLE);
  return response.ok ? readAs(shape, parsed.value) : refuse({ ...readProblem(parsed.value), ...retryAfter(response) });
}

function retryAfter({ headers }: Response): { retryAfterSeconds?: number } {
  const seconds = Number(headers.get("retry-after"));
  return seconds > 0 ? { retryAfterSeconds: seconds } : {};
}

function readAs<T>(shape: Shape<T>, value: JsonValue | undefined): Result<T, Problem> {
  try {
    return accept(shape(value, ""));
  } catch (error) {
    if (error instanceof Misfit) return refuse(UNREADABLE);
    throw error;
  }
}

/** POSTs `body` and reads the answer as `shape`. */
export const post = <T>(path: string, body: Readonly<Record<string, unknown>>, shape: Shape<T>): Promise<Result<T, Problem>> =>
  call(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }, shape);

/** PUTs `body`, and reads the answer as `shape`. */
export const put = <T>(path: string, body: Readonly<Record<string, unknown>>, shape: Shape<T>): Promise<Result<T, Problem>> =>
  call(path, { method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }, shape);

/** GETs `path` and reads the answer as `shape`. */
export const get = <T>(path: string, signal: AbortSignal, shape: Shape<T>): Promise<Result<T, Problem>> => call(path, { signal }, shape);

/** DELETEs what is at `path`. */
export const remove = (path: string): Promise<Result<JsonValue | undefined, Problem>> => call(path, { method: "DELETE" }, anything);
