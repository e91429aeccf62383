/**
 * The SDK of an agent: asks people, waits, and gives an approval only once its receipt holds. Everything else is thrown, as a typed error.
 * What goes on with a request is two texts (`AskedState`), so that neither a restart nor a queue between asking and acting loses it.
 * Not in scope: how often a call is tried again, which is client.ts, and what makes a receipt good, check-receipt.ts.
 */
import type { Basis } from "../../documents/record.ts";
import { parseVkey } from "../../tlog/note.ts";
import type { Approval } from "../answers.ts";
import type { Ask } from "../calls/ask.ts";
import { type Clock, CountersignClient, PLATFORM_CLOCK } from "../client.ts";
import { type LogMemory, processMemory } from "../log-memory.ts";
import { type Approved, usedBefore, verifyApproved } from "./approved.ts";
import {
  abandoned,
  ApprovalPending,
  type AskedState,
  CountersignError,
  errorOfRefusal,
  errorOfEnd,
  NotVerified,
  OutcomeNotKnown,
} from "./errors.ts";
import { gateFunction, type Gated, type GateOptions } from "./gate-function.ts";
import { ownPayload } from "./payload.ts";
import { platformTexts, storageMemory } from "./storage-memory.ts";
import { tellProgress, type WaitOptions } from "./waiting.ts";
import { unlessAborted, waitForEnd } from "./wait-for-end.ts";

export interface CountersignOptions {
  /** The service's public origin, such as `https://gate.example.com`. */
  url: string;
  /** The agent's key, `csk_…`. */
  apiKey: string;
  /** The log's verifier key. Without it the first one that is seen is believed, where it can be kept. */
  logKey?: string;
  /** Where is kept what was seen of the log. */
  memory?: LogMemory;
  /** On what besides people's signatures an approval may rest; on nothing if not given. */
  allowBasis?: readonly Basis[];
  fetch?: typeof fetch;
  clock?: Clock;
}

/** One use of an approval, by one attempt: its key, and whether it is under way or has succeeded. */
interface Attempt {
  key: string;
  stage: "open" | "redeeming" | "redeemed";
}

/** Memory for a program that gives none: a key that is given needs no other. */
function memoryFor({ memory, logKey }: CountersignOptions): LogMemory {
  if (memory !== undefined) return memory;
  if (logKey !== undefined) return processMemory();
  const texts = platformTexts();
  if (texts !== null) return storageMemory(texts);
  const message = "Give logKey, the verifier key of the service's log: what is first seen of it cannot be kept on this platform.";
  throw new CountersignError("log_key_needed", message);
}

export class Countersign {
  readonly client: CountersignClient;
  readonly #clock: Clock;
  readonly #allowBasis: readonly Basis[];
  readonly #attempts = new WeakMap<Approved, Attempt>();
  /** Attempts of which it is not known whether they have used the approval, by request: whoever resumes goes on with the same one. */
  readonly #unsettled = new Map<string, Attempt>();

  constructor(options: CountersignOptions) {
    const { url, apiKey, logKey, allowBasis = [], fetch: call, clock = PLATFORM_CLOCK } = options;
    if (logKey !== undefined && !parseVkey(logKey).ok) {
      throw new CountersignError("log_key_invalid", "logKey is not a verifier key such as gate.example.com/log+1a2b3c4d+AZ….");
    }
    this.#clock = clock;
    this.#allowBasis = allowBasis;
    this.client = new CountersignClient({
      url: url.replace(/\/+$/, ""),
      apiKey,
      clock,
      memory: memoryFor(options),
      ...(logKey !== undefined && { logVkey: logKey }),
      ...(call !== undefined && { fetch: call }),
    });
  }

  /** Asks people, and gives the approval once there is one whose receipt holds. Throws otherwise, whatever it is that keeps it away. */
  async requestApproval(ask: Ask & WaitOptions): Promise<Approved> {
    // Copied before anybody waits: what the caller changes later is not what people are shown.
    const { payload, hash } = ownPayload(ask.payload);
    const approval = await this.#ask({ ...ask, payload });
    const state = { request_id: approval.request_id, payload_hash: hash };
    tellProgress(ask, { kind: "asked", approval_url: approval.approval_url, state, approval });
    return await this.#settle(state, ask, approval);
  }

  /** Goes on with what was asked for before, by any process with a key of the same agent. */
  async resume(state: AskedState, waiting: WaitOptions = {}): Promise<Approved> {
    const { request_id, payload_hash } = state;
    if (typeof request_id !== "string" || !/^[0-9a-f]{64}$/.test(payload_hash)) {
      throw new CountersignError(
        "invalid_state",
        "The state has to be { request_id, payload_hash }, as an earlier error or progress told it.",
      );
    }
    return await this.#settle({ request_id, payload_hash }, waiting, null);
  }

  /**
   * Uses the approval, once: if this resolves, the action may be done once, with exactly this payload. Called again after
   * `ServiceUnavailable` with the same `approved`, it is the same use.
   */
  async redeem(approved: Approved, payload: unknown): Promise<Approval> {
    const { state, approval } = approved;
    const attempt = this.#attempts.get(approved);
    if (attempt === undefined) throw new NotVerified("not_verified", "This is no approval that was verified here.", { state });
    const own = ownPayload(payload);
    if (own.hash !== state.payload_hash) {
      throw new NotVerified("payload_changed", "This is another payload than the one that was approved.", { state, approval });
    }
    if (attempt.stage !== "open") throw new OutcomeNotKnown("already_redeemed", "This approval is used here already.", { state, approval });
    attempt.stage = "redeeming";
    const { request_id } = state;
    const redeemed = await this.client.redeem(request_id, own.payload, { idempotencyKey: attempt.key, allowBasis: this.#allowBasis });
    if (!redeemed.ok && redeemed.refusal.notKnown === true) this.#unsettled.set(request_id, attempt);
    else if (this.#unsettled.get(request_id) === attempt) this.#unsettled.delete(request_id);
    attempt.stage = redeemed.ok ? "redeemed" : "open";
    if (redeemed.ok) return redeemed.value;
    throw errorOfRefusal(redeemed.refusal, { state, approval });
  }

  /** A function that asks, waits, and calls this one once, with exactly what was approved. */
  gate<Args extends unknown[], Value>(
    act: (...args: Args) => Promise<Value> | Value,
    options: GateOptions<Args>,
  ): Gated<Args, Awaited<Value>> {
    return gateFunction(this, act, options);
  }

  /** The request, as it was opened or found. */
  async #ask(ask: Ask & WaitOptions): Promise<Approval> {
    const idempotencyKey = ask.idempotencyKey?.trim() || crypto.randomUUID();
    if (ask.signal?.aborted) throw new ApprovalPending("aborted", "Nobody waits for this, so it was not asked. It is not approved.");
    const asked = await unlessAborted(() => this.client.request({ ...ask, idempotencyKey }), ask.signal);
    if (asked === null) {
      const message = "Nobody waits for this any longer, and it may have been asked all the same. It is not approved.";
      throw new ApprovalPending("aborted", message, { idempotencyKey });
    }
    if (!asked.ok) throw errorOfRefusal(asked.refusal);
    return asked.value;
  }

  /** Waits for the end, and believes an approval by its receipt alone. */
  async #settle(state: AskedState, waiting: WaitOptions, known: Approval | null): Promise<Approved> {
    const waits = { client: this.client, clock: this.#clock };
    const approval = await waitForEnd(waits, state, waiting, known);
    tellProgress(waiting, { kind: "decided", status: approval.status, state, approval });
    const ended = errorOfEnd(approval, state);
    if (ended !== null) throw ended;
    const unsettled = this.#unsettled.get(state.request_id);
    if (approval.redeemed_at !== undefined && unsettled === undefined) throw usedBefore(approval, state);
    const approved = await unlessAborted(() => verifyApproved(waits, approval, state, this.#allowBasis), waiting.signal);
    if (approved === null) throw abandoned(state, approval);
    // One that began meanwhile here is the same attempt too.
    this.#attempts.set(approved, this.#unsettled.get(state.request_id) ?? unsettled ?? { key: crypto.randomUUID(), stage: "open" });
    return approved;
  }
}
