/** Calls to this service: same origin, JSON both ways, refusals as values (RFC 9457 problem details). */
import { type JsonValue, parseJson } from "#countersign/json/canonical-json.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { isObject, list, Misfit, object, type Shape, text } from "#countersign/json/shape.ts";

/** A refusal in words for the reader. `unreachable`: no answer came, so it is not known whether anything happened. */
export interface Problem {
  code: string;
  detail: string;
  /** What is wrong with which field. */
  errors: { field: string; message: string }[];
}

const UNREACHABLE: Problem = { code: "unreachable", detail: "The service did not answer. Check the connection and try again.", errors: [] };
const UNREADABLE: Problem = {
  code: "unreadable",
  detail: "The service answered something this page does not understand. Reload it.",
  errors: [],
};

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
  if (!isObject(body) || typeof body["code"] !== "string" || typeof body["detail"] !== "string") return UNREADABLE;
  return { code: body["code"], detail: body["detail"], errors: readErrors(body["errors"]) };
}

/** Any JSON, for answers whose members are checked by whoever uses them. */
export const anything: Shape<JsonValue | undefined> = (value) => value;

async function call<T>(path: string, init: RequestInit, shape: Shape<T>): Promise<Result<T, Problem>> {
  let response: Response;
  let body: string;
  try {
    response = await fetch(path, { ...init, credentials: "same-origin", cache: "no-store", redirect: "error" });
    body = await response.text();
  } catch {
    return refuse(UNREACHABLE);
  }
  if (response.status === 204) return readAs(shape, undefined);
  const parsed = parseJson(body);
  if (!parsed.ok) return refuse(UNREADABLE);
  return response.ok ? readAs(shape, parsed.value) : refuse(readProblem(parsed.value));
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
