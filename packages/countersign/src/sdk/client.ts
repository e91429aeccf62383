/**
 * The client of an agent, over REST, with `fetch` and nothing else. Every call here may be made twice without harm: reads,
 * asking and redeeming with a key of their own, cancelling and reporting the same again. So what did not come through, or was
 * not the service's own, is tried again; what is known after that, change.ts tells. Receipts are checked before they are given:
 * check-receipt.ts. Not in scope: MCP.
 */
import { type Bytes, fromUtf8 } from "../encoding/bytes.ts";
import { MAX_RECEIPT_BYTES } from "../documents/receipt.ts";
import { type JsonObject, parseJson } from "../json/canonical-json.ts";
import type { CallOutcome } from "../documents/record.ts";
import { accept, refuse, type Result } from "../result.ts";
import { type Approval, readFailure, type Refused } from "./answers.ts";
import { type Ask, askingBody } from "./calls/ask.ts";
import { callSignal } from "./calls/abort.ts";
import { type Allowing, basisRefusal, KnownBases, type RedeemOptions } from "./calls/basis.ts";
import {
  answering,
  ASKING,
  CANCELLING,
  type ChangeKind,
  mayBeDone,
  notDone,
  notKnown,
  REDEEMING,
  reporting,
  tellsOfBefore,
} from "./calls/change.ts";
import { type CheckedReceipt, checkReceipt, isReceiptLike } from "./check-receipt.ts";
import { fetchFailure } from "./fetch-failure.ts";
import type { LogWatch } from "./known-log.ts";
import { LogClient } from "./log-client.ts";
import { type LogMemory, processMemory } from "./log-memory.ts";
import { approvalIn, approvalPath, type RestCall, reading } from "./calls/rest-call.ts";
import { readOwnPayload } from "./own-payload.ts";
import { readAtMost } from "./read-at-most.ts";
import { askAgain, backOff } from "./retry.ts";

export type { Basis, CallOutcome } from "../documents/record.ts";
export type { Ask } from "./calls/ask.ts";
export type { Allowing, RedeemOptions } from "./calls/basis.ts";
export type { Approval, Refused } from "./answers.ts";
export type { LogMemory, RememberedLog, RememberedLogs } from "./log-memory.ts";

/** The longest that the service lets one call wait. */
const MAX_WAIT_SECONDS = 50;
/** How long an answer may take beyond what it was asked to wait. */
const ANSWER_MS = 30_000;
/** For how long a call is tried again while no answer is understood. A wait is tried for as long as it may wait. */
const PATIENCE_MS = 60_000;
/** Between two looks while a question waits for its answer: until then each wait is answered at once. */
const ANSWER_OPEN_MS = 5_000;
/** The service answers nothing longer than a receipt. */
const MAX_ANSWER_BYTES = MAX_RECEIPT_BYTES;

export interface ClientOptions {
  /** The service's public origin, such as `https://gate.example.com`. */
  url: string;
  /** The agent's key, `csk_…`. */
  apiKey: string;
  /** The log's verifier key. Without it, the one is believed that the service names when its log is first seen. */
  logVkey?: string;
  /** Where is kept what was seen of the log; by default in this client, so that it ends with it. */
  memory?: LogMemory;
  /** What calls the service and its log; the platform's by default. */
  fetch?: typeof fetch;
  /** For tests; the platform's by default. */
  clock?: Clock;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now: () => number;
  sleep: (ms: number) => Promise<void>;
}

export const PLATFORM_CLOCK: Clock = { now: () => Date.now(), sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) };

type Answer<T> = Promise<Result<T, Refused>>;

const isPassing = (refused: Refused): boolean => mayBeDone(refused) || refused.status === 429;
const isEnded = ({ status }: Approval): boolean => status !== "pending";
const isAsked = ({ question }: Approval): boolean => question !== undefined && question.answered_at === undefined;
/** The key that is given, or one that is made: without any, or with nothing but spaces, the service takes each try for another call. */
const keyOf = (given: string | undefined): string => given?.trim() || crypto.randomUUID();

export class CountersignClient {
  readonly #url: string;
  readonly #apiKey: string;
  readonly #clock: Clock;
  readonly #watch: LogWatch;
  readonly #fetch: typeof fetch;
  readonly #bases = new KnownBases();
  /** Questions that a wait has ended with. */
  readonly #asked = new Set<string>();

  constructor({ url, apiKey, logVkey, memory = processMemory(), fetch: call = fetch, clock = PLATFORM_CLOCK }: ClientOptions) {
    this.#url = url;
    this.#apiKey = apiKey;
    this.#clock = clock;
    // Called as a function: platforms refuse their fetch as another object's method.
    this.#fetch = (...args) => call(...args);
    const client = new LogClient({ url: `${url}/log`, fetch: this.#fetch });
    this.#watch = { client, memory, sleep: clock.sleep, ...(logVkey !== undefined && { vkey: logVkey }) };
  }

  /** Asks and returns at once; the answer says where people decide. */
  async request(ask: Ask): Answer<Approval> {
    const payload = readOwnPayload(ask.payload);
    if (!payload.ok) return payload;
    return this.#noted(await this.#change(ASKING, { body: askingBody(ask, payload.value), idempotencyKey: keyOf(ask.idempotencyKey) }));
  }

  /**
   * The request as soon as it has ended, or as it stands after `seconds`, however many calls that takes; and as soon as a person asks
   * something (`question` without `answered_at`), each question once. A signal ends the call that is under way, and the waiting with it.
   */
  async wait(requestId: string, seconds: number, { signal }: { signal?: AbortSignal } = {}): Answer<Approval> {
    const deadline = this.#clock.now() + seconds * 1_000;
    for (;;) {
      const askedAt = this.#clock.now();
      const wait = Math.min(MAX_WAIT_SECONDS, Math.max(0, Math.ceil((deadline - askedAt) / 1_000)));
      const found = await this.#call({
        ...reading(requestId, `?wait=${wait}`),
        waitMs: wait * 1_000,
        patienceMs: Math.max(PATIENCE_MS, deadline - askedAt),
        ...(signal !== undefined && { signal }),
      });
      if (!found.ok || signal?.aborted || isEnded(found.value) || this.#isNewQuestion(found.value) || this.#clock.now() >= deadline)
        return this.#noted(found);
      // Whatever answers sooner than it was asked to is not asked again at once.
      if (this.#clock.now() - askedAt < 1_000) await this.#clock.sleep(isAsked(found.value) ? ANSWER_OPEN_MS : 1_000);
    }
  }

  /** Whether a person asks something that this client has not told before. */
  #isNewQuestion(approval: Approval): boolean {
    const told = `${approval.request_id} ${approval.question?.id}`;
    if (!isAsked(approval) || this.#asked.has(told)) return false;
    this.#asked.add(told);
    return true;
  }

  /** Answers what a person asked about a pending request (`question.id`), in the agent's own words. */
  answer(requestId: string, questionId: string, answer: string): Answer<Approval> {
    return this.#change(answering(questionId, answer), { requestId, verb: "answer", body: { question_id: questionId, answer } });
  }

  /** Withdraws a pending request. */
  cancel(requestId: string, reason?: string): Answer<Approval> {
    return this.#change(CANCELLING, { requestId, verb: "cancel", body: reason === undefined ? {} : { reason } });
  }

  /**
   * Uses an approval, once. Only if this succeeds may the action be done, and with exactly this payload. What no person has approved is
   * refused before it is used (`basis_not_allowed`), unless its basis is allowed. A text in the place of options is the idempotency key.
   */
  async redeem(requestId: string, payload: unknown, given: string | RedeemOptions = {}): Answer<Approval> {
    const { idempotencyKey, allowBasis } = typeof given === "string" ? { idempotencyKey: given } : given;
    const own = readOwnPayload(payload);
    if (!own.ok) return own;
    const key = keyOf(idempotencyKey);
    const before = await this.#basisOf(requestId);
    // An earlier call with this key may have used it.
    if (!before.ok) return mayBeDone(before.refusal) ? refuse(notKnown(before.refusal, REDEEMING, null, key)) : before;
    const refused = basisRefusal(before.value, allowBasis);
    if (refused !== null) return refuse(refused);
    const changing = { requestId, verb: "redeem" as const, body: { payload: own.value }, idempotencyKey: key };
    const redeemed = await this.#change(REDEEMING, changing);
    // It may have ended between the two calls.
    const after = redeemed.ok ? basisRefusal(redeemed.value.basis, allowBasis) : null;
    return after === null ? redeemed : refuse({ ...after, message: `${after.message} It is used up: do not act.` });
  }

  /** Says how the action went, after redeeming. */
  outcome(requestId: string, outcome: CallOutcome, detail?: string): Answer<Approval> {
    const body: JsonObject = detail === undefined ? { outcome } : { outcome, detail };
    return this.#change(reporting(outcome), { requestId, verb: "outcome", body });
  }

  /**
   * The text of the receipt, as it is served, once the request has ended: a valid one, of a log that is shown to be the one
   * that is remembered. `log_inconsistent` comes with evidence where one key has signed both. The receipt of what no person has approved
   * is refused (`basis_not_allowed`), unless its basis is allowed.
   */
  async receipt(requestId: string, allowing: Allowing = {}): Answer<string> {
    const checked = await this.checkedReceipt(requestId, allowing);
    return checked.ok ? accept(checked.value.text) : checked;
  }

  /** The same, with what it proves. */
  async checkedReceipt(requestId: string, { allowBasis }: Allowing = {}): Answer<CheckedReceipt> {
    const read = (text: string) => (isReceiptLike(text) ? text : null);
    const text = await this.#call({ method: "GET", path: `${approvalPath(requestId)}/receipt`, read });
    if (!text.ok) return text;
    const checked = await checkReceipt(text.value, requestId, this.#watch, allowBasis);
    return checked.ok ? checked : refuse({ ...checked.refusal, status: 200 });
  }

  /** The answer, kept in mind. */
  #noted(answer: Result<Approval, Refused>): Result<Approval, Refused> {
    if (answer.ok) this.#bases.note(answer.value);
    return answer;
  }

  /** What a request rests on, as far as it has ended. */
  async #basisOf(requestId: string): Answer<string> {
    const known = this.#bases.of(requestId);
    if (known !== undefined) return accept(known);
    const found = this.#noted(await this.#call(reading(requestId)));
    return found.ok ? accept(found.value.basis) : found;
  }

  /**
   * Calls for a change. 1. The service's answer counts as it is. 2. Where none was understood, the request is read again, if it is
   * known which; 3. if that does not tell either, the change is said to be not known, never to be not made.
   */
  async #change(change: ChangeKind, { requestId, verb, body, idempotencyKey }: Changing): Answer<Approval> {
    const path = requestId === undefined ? "/approvals" : `${approvalPath(requestId)}/${verb}`;
    const read = (text: string) => {
      const approval = approvalIn(text);
      const isOfThis = approval !== null && (requestId ?? approval.request_id) === approval.request_id;
      return isOfThis && change.isAnswer(approval) ? approval : null;
    };
    let isOpen = false;
    const onRefused = (refused: Refused) => void (isOpen ||= mayBeDone(refused));
    const call = { method: "POST" as const, path, body, read, ...(idempotencyKey !== undefined && { idempotencyKey }) };
    const answer = await this.#call(call, onRefused);
    if (answer.ok || !isOpen || tellsOfBefore(answer.refusal)) return answer; // 1

    const found = requestId === undefined ? null : await this.#once(reading(requestId)); // 2
    if (found?.ok === false && found.refusal.code === "unknown_request") return found;
    const standing = found?.ok === true ? found.value : null;
    const isDone = standing === null ? null : change.isDone(standing);
    if (standing === null || isDone === null) return refuse(notKnown(answer.refusal, change, standing, idempotencyKey)); // 3
    return isDone ? accept(standing) : refuse(notDone(answer.refusal, standing));
  }

  /** Calls until an answer of the service comes through, or until the next try would be too late. */
  async #call<T>(call: RestCall<T>, onRefused?: (refused: Refused) => void): Answer<T> {
    const deadline = this.#clock.now() + (call.patienceMs ?? PATIENCE_MS);
    const once = async () => {
      const answer = await this.#once(call);
      if (!answer.ok) onRefused?.(answer.refusal);
      return answer;
    };
    return await askAgain(once, {
      isPassing,
      pauseMs: (again, { retryAfterSeconds = 0 }) => {
        const pause = Math.max(backOff(again), retryAfterSeconds * 1_000);
        return call.signal?.aborted || this.#clock.now() + pause > deadline ? null : pause;
      },
      sleep: (ms) => this.#clock.sleep(ms),
    });
  }

  async #once<T>({ method, path, body, idempotencyKey, waitMs = 0, signal: given, read }: RestCall<T>): Answer<T> {
    const headers = new Headers({ "x-api-key": this.#apiKey, accept: "application/json" });
    if (body !== undefined) headers.set("content-type", "application/json");
    if (idempotencyKey !== undefined) headers.set("idempotency-key", idempotencyKey);
    // Not to follow redirects keeps the key with the service it belongs to.
    const { signal, done } = callSignal(waitMs + ANSWER_MS, given);
    const init: RequestInit = { method, headers, redirect: "manual", signal };
    if (body !== undefined) init.body = JSON.stringify(body);
    let response: Response;
    let bytes: Bytes | null;
    try {
      response = await this.#fetch(`${this.#url}/api/v1${path}`, init);
      bytes = await readAtMost(response, MAX_ANSWER_BYTES);
    } catch (error) {
      return refuse({ code: "unreachable", message: `No answer came through (${fetchFailure(error)}).`, status: null });
    } finally {
      done();
    }
    const text = bytes === null ? null : fromUtf8(bytes);
    const value = response.ok && text !== null ? read(text) : null;
    if (value !== null) return accept(value);
    const json = response.ok || text === null ? null : parseJson(text);
    const refused = (json?.ok === true ? readFailure(json.value, response.status) : null) ?? unreadable(response.status);
    const retryAfter = Number(response.headers.get("retry-after"));
    return refuse(retryAfter > 0 ? { ...refused, retryAfterSeconds: retryAfter } : refused);
  }
}

/** A change of the request that is named, by a verb; or a new one. */
interface Changing {
  requestId?: string;
  verb?: "answer" | "cancel" | "redeem" | "outcome";
  body: JsonObject;
  idempotencyKey?: string;
}

const unreadable = (status: number): Refused => ({
  code: "unreadable",
  message: `What answered (HTTP ${status}) is not Countersign, or not a version that this client knows.`,
  status,
});
