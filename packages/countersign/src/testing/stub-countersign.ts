/**
 * A service in memory for the tests of agents: it takes requests, answers as the service does over REST, and decides when the test
 * says so. It needs `fetch`'s own classes and nothing of Node. Its receipts are whole, and prove nothing: stub-receipts.ts. Not in scope: MCP,
 * and the service's limits.
 */
import { apiKeyFrom } from "../documents/api-key.ts";
import type { Basis, CallOutcome } from "../documents/record.ts";
import { payloadHash, requestHash } from "../documents/request.ts";
import { canonicalize, type JsonObject, type JsonValue, parseJson, readPayload } from "../json/canonical-json.ts";
import { isObject } from "../json/shape.ts";
import { b64u } from "../encoding/bytes.ts";
import { StubLog } from "./stub-log.ts";
import { personNumber, type StubVerdict } from "./stub-people.ts";
import { signedRequest, type StubAsked, StubReceipts } from "./stub-receipts.ts";

/** A call that came, as it came. */
export interface StubCall {
  method: string;
  /** With the query. */
  path: string;
  /** Null if there was none, or if it was no JSON. */
  body: JsonValue;
}

interface StubRequest {
  view: JsonObject;
  asked: StubAsked;
  verdicts: readonly StubVerdict[];
  /** What was asked for without a key: asked for again while it pends, it is the same. */
  subject: string | null;
  redeemedWith: string | null;
  /** Those who wait for its end. */
  waiting: (() => void)[];
  /** What was answered, to which question. */
  answered: { id: string; answer: string }[];
}

const TTL_SECONDS = 900;
const USE_SECONDS = 3_600;

const json = (status: number, body: JsonValue): Response => Response.json(body, { status });
const refusal = (status: number, code: string, detail: string): Response =>
  json(status, { type: "about:blank", title: "Refused", status, code, detail });

const textOf = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");
const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1_000).toISOString();

/** What was asked and not answered yet. */
function openQuestionIn({ question = null }: JsonObject): JsonObject | null {
  return isObject(question) && question["answered_at"] === undefined ? question : null;
}

const subjectOf = ({ action = null, payload = null, approvers = null, reveal = false, tool = null, server = null }: JsonObject): string =>
  canonicalize({ action, payload, approvers, reveal, tool, server });

/** A service in memory. Give `url`, `apiKey` and `fetch` to the client that is tested, or serve `fetch` over HTTP. */
export class StubCountersign {
  readonly url: string;
  /** The one key that is let in. */
  readonly apiKey: string = apiKeyFrom(new Uint8Array(64));
  /** All calls, those that were refused too. */
  readonly calls: StubCall[] = [];
  readonly #requests = new Map<string, StubRequest>();
  readonly #asked = new Map<string, { body: string; id: string }>();
  readonly #troubles: { status: number; code: string }[] = [];
  readonly #log: StubLog;
  readonly #receipts: StubReceipts;

  constructor({ url = "http://localhost:8787" }: { url?: string } = {}) {
    this.url = url;
    this.#log = new StubLog(`${new URL(url).host}/log`);
    this.#receipts = new StubReceipts(this.#log);
  }

  /** The verifier key of its log. */
  get logKey(): string {
    return this.#log.vkey;
  }

  /** Answers a call as the service would. */
  readonly fetch: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const { pathname, search, searchParams } = new URL(request.url);
    const parsed = parseJson(await request.text());
    const call = { method: request.method, path: `${pathname}${search}`, body: parsed.ok ? parsed.value : null };
    this.calls.push(call);
    const trouble = this.#troubles.shift();
    if (trouble !== undefined) return refusal(trouble.status, trouble.code, "The test wants this to fail.");
    if (pathname.startsWith("/log/")) {
      const answer = await this.#log.answer(pathname.slice("/log/".length), searchParams);
      return answer ?? refusal(404, "not_found", "The stub's log has nothing there.");
    }
    if (request.headers.get("x-api-key") !== this.apiKey) return refusal(401, "unauthorized", "This is not the stub's key.");
    const [, id, verb] = /^\/api\/v1\/approvals(?:\/([^/]+)(?:\/(\w+))?)?$/.exec(pathname) ?? [];
    const body = isObject(call.body) ? call.body : {};
    const key = request.headers.get("idempotency-key") || textOf(body["idempotency_key"]) || null;
    if (pathname === "/api/v1/approvals" && request.method === "POST") return this.#ask(body, key);
    const found = this.#requests.get(decodeURIComponent(id ?? ""));
    if (found === undefined) return refusal(404, "unknown_request", "There is no such request.");
    if (verb === "receipt" && request.method === "GET") return await this.#receipt(found);
    if (verb === undefined) await this.#hold(found, Number(searchParams.get("wait") ?? 0), request.signal);
    return this.#use(found, verb, body, key);
  };

  /** Decides a pending request, as people with their passkeys would; `proposal`: a payload that a denial proposes. Throws if it does not pend. */
  decide(requestId: string, verdict: "approved" | "denied", comment?: string, proposal?: JsonObject): void {
    const { asked } = this.#pending(requestId);
    const at = inSeconds(0);
    const people = Array.from({ length: verdict === "approved" ? asked.required : 1 }, (_, person) => person);
    const verdicts = people.map((person) => ({ person, verdict, at, comment: person === people.length - 1 ? (comment ?? "") : "" }));
    const decided_by = people.map((person) => ({ ...personNumber(person), verdict, decided_at: at }));
    this.#end(requestId, verdicts, {
      status: verdict,
      decided_at: at,
      approvals: verdict === "approved" ? asked.required : 0,
      decided_by,
      ...(comment !== undefined && { comment }),
      ...(proposal !== undefined && { proposal: { payload: proposal } }),
    });
  }

  /** Lets a pending request pass without people, by `rule` of a policy. Throws if it does not pend. */
  letPass(requestId: string, { basis = "policy", rule = "test" }: { basis?: Basis; rule?: string } = {}): void {
    this.#end(requestId, [], { status: "approved", basis, rule, decided_by: [] });
  }

  /** Lets a pending request's deadline pass. Throws if it does not pend. */
  expire(requestId: string): void {
    this.#end(requestId, [], { status: "expired" });
  }

  /** Asks the agent something about a pending request, as a person would. Throws if it does not pend. */
  ask(requestId: string, text: string): void {
    const request = this.#pending(requestId);
    const before = request.view["question"];
    const number = isObject(before ?? null) ? Number((before as JsonObject)["id"]) + 1 : 1;
    request.view["question"] = { id: String(number), text, by: "test", asked_at: inSeconds(0) };
    for (const wake of request.waiting.splice(0)) wake();
  }

  /** Refuses the next call, whatever it is, with this HTTP status and code; called again, the one after it. */
  refuseNext(status: number, code: string): void {
    this.#troubles.push({ status, code });
  }

  #pending(requestId: string): StubRequest {
    const request = this.#requests.get(requestId);
    if (request?.view["status"] !== "pending") throw new Error(`${requestId} is no request that pends`);
    return request;
  }

  #end(requestId: string, verdicts: readonly StubVerdict[], members: JsonObject): void {
    const request = this.#pending(requestId);
    request.verdicts = verdicts;
    Object.assign(request.view, { decided_at: inSeconds(0) }, members);
    for (const wake of request.waiting.splice(0)) wake();
  }

  async #receipt({ view, asked, verdicts }: StubRequest): Promise<Response> {
    const { status, basis, rule = null, decided_at, redeemed_at, outcome } = view;
    if (status === "pending") return refusal(409, "not_final", "There is a receipt once it has ended.");
    if (basis !== "passkeys" && basis !== "policy") return refusal(404, "not_found", "The stub has no receipts of what passed so.");
    const end = {
      status: textOf(status),
      rule: basis === "policy" ? textOf(rule) : null,
      at: textOf(decided_at),
      verdicts,
      redeemedAt: textOf(redeemed_at) || null,
      outcome: (textOf(outcome) || null) as CallOutcome | null,
    };
    return Response.json(await this.#receipts.receipt(asked, end));
  }

  #ask(body: JsonObject, key: string | null): Response {
    const payload = readPayload(body["payload"] ?? null);
    if (!payload.ok || textOf(body["action"]) === "") return refusal(400, "invalid_request", "An action and a payload are needed.");
    const before = key === null ? undefined : this.#asked.get(key);
    if (before !== undefined) {
      const first = this.#requests.get(before.id);
      if (first === undefined || before.body !== canonicalize(body))
        return refusal(409, "idempotency_conflict", "This key was another ask's.");
      return json(200, first.view);
    }
    const subject = key === null ? subjectOf(body) : null;
    const pending = [...this.#requests.values()].find(
      (one) => subject !== null && one.subject === subject && one.view["status"] === "pending",
    );
    if (pending !== undefined) return json(200, pending.view);
    const id = `apr_${b64u(crypto.getRandomValues(new Uint8Array(24)))}`;
    const seconds = typeof body["expires_in_seconds"] === "number" ? body["expires_in_seconds"] : TTL_SECONDS;
    const approvers = isObject(body["approvers"]) ? body["approvers"] : {};
    const asked: StubAsked = {
      id,
      origin: this.url,
      action: textOf(body["action"]),
      reason: textOf(body["reason"]) || null,
      payload: payload.value,
      required: typeof approvers["required"] === "number" ? approvers["required"] : 1,
      requested_at: inSeconds(0),
      expires_at: inSeconds(seconds),
      use_by: inSeconds(seconds + USE_SECONDS),
    };
    const { action, required, requested_at, expires_at, use_by } = asked;
    const view: JsonObject = {
      request_id: id,
      status: "pending",
      basis: "passkeys",
      action,
      payload_hash: payloadHash(payload.value),
      request_hash: requestHash(signedRequest(asked)),
      approval_url: `${this.url}/a/${id}`,
      requested_at,
      expires_at,
      use_by,
      required,
      approvals: 0,
      next: "The test decides this: see the status.",
    };
    this.#requests.set(id, { view, asked, verdicts: [], subject, redeemedWith: null, waiting: [], answered: [] });
    if (key !== null) this.#asked.set(key, { body: canonicalize(body), id });
    return json(201, view);
  }

  /** Resolves at the request's end, or after so many seconds; throws if whoever waits ends that. */
  async #hold({ view, waiting }: StubRequest, seconds: number, signal: AbortSignal): Promise<void> {
    if (view["status"] !== "pending" || openQuestionIn(view) !== null || !(seconds > 0)) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((wake) => {
      timer = setTimeout(wake, seconds * 1_000);
      waiting.push(wake);
      signal.addEventListener("abort", () => wake());
    });
    clearTimeout(timer);
    signal.throwIfAborted();
  }

  #use(request: StubRequest, verb: string | undefined, body: JsonObject, key: string | null): Response {
    const { view } = request;
    switch (verb) {
      case undefined:
        return json(200, view);
      case "cancel":
        if (view["status"] === "cancelled") return json(200, view);
        if (view["status"] !== "pending") return refusal(409, "already_final", "This has ended.");
        this.#end(textOf(view["request_id"]), [], {
          status: "cancelled",
          ...(body["reason"] !== undefined && { cancel_reason: body["reason"] }),
        });
        return json(200, view);
      case "answer":
        return this.#answer(request, textOf(body["question_id"]), textOf(body["answer"]));
      case "redeem":
        return this.#redeem(request, body, key);
      case "outcome":
        if (view["redeemed_at"] === undefined) return refusal(409, "not_redeemed", "Redeem it first.");
        if ((view["outcome"] ?? body["outcome"]) !== body["outcome"])
          return refusal(409, "already_reported", "Another outcome was reported.");
        view["outcome"] = body["outcome"] ?? "unknown";
        return json(200, view);
      default:
        return refusal(404, "not_found", "The stub does not know this.");
    }
  }

  #answer({ view, answered }: StubRequest, questionId: string, text: string): Response {
    if (text === "") return refusal(400, "invalid_request", "An answer is needed.");
    if (answered.some(({ id, answer }) => answer === text && (questionId === "" || id === questionId))) return json(200, view);
    const open = view["status"] === "pending" ? openQuestionIn(view) : null;
    if (open === null || (questionId !== "" && open["id"] !== questionId))
      return refusal(409, "no_question", "Nobody waits for an answer.");
    answered.push({ id: textOf(open["id"]), answer: text });
    view["question"] = { ...open, answer: text, answered_at: inSeconds(0) };
    return json(200, view);
  }

  #redeem(request: StubRequest, body: JsonObject, key: string | null): Response {
    const { view } = request;
    const payload = readPayload(body["payload"] ?? null);
    if (view["status"] !== "approved") return refusal(409, "not_approved", "This is not approved: do not act on it.");
    if (!payload.ok || payloadHash(payload.value) !== view["payload_hash"])
      return refusal(422, "payload_mismatch", "This is another payload.");
    if (view["redeemed_at"] !== undefined && (key === null || request.redeemedWith !== key)) {
      return refusal(409, "already_redeemed", "This was redeemed by another call: do not act on it again.");
    }
    view["redeemed_at"] ??= inSeconds(0);
    request.redeemedWith = key;
    return json(200, view);
  }
}
