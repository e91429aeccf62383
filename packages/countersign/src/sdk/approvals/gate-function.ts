/**
 * A function behind the gate. It is called at most once for an approval, after the approval was redeemed, and with what was approved:
 * by default with a copy that is made of the payload before anybody waits, so that nobody can change it while people decide.
 */
import type { CallOutcome } from "../../documents/record.ts";
import type { JsonObject, JsonValue } from "../../json/canonical-json.ts";
import type { Approval } from "../answers.ts";
import type { Ask } from "../calls/ask.ts";
import type { CountersignClient } from "../client.ts";
import type { Approved } from "./approved.ts";
import { abandoned, type AskedState, NotVerified, OutcomeNotKnown } from "./errors.ts";
import { ownPayload } from "./payload.ts";
import { tellProgress, type WaitOptions } from "./waiting.ts";

export interface GateOptions<Args extends unknown[]> extends Omit<Ask, "action" | "payload" | "idempotencyKey">, WaitOptions {
  /** What is to be done, for people. */
  action: string | ((...args: Args) => string);
  /**
   * What people are shown and sign, made of the arguments: the same again whenever it is made. By default the one object that is given,
   * or `{ arguments: […] }`.
   */
  payload?: (...args: Args) => unknown;
}

export interface Gated<Args extends unknown[], Value> {
  (...args: Args): Promise<Value>;
  /** Goes on with a call that was asked for before, with the same arguments: what was approved for others is refused (`payload_changed`). */
  resume(state: AskedState, ...args: Args): Promise<Value>;
  /** The same function, waiting otherwise. */
  with(waiting: WaitOptions): Gated<Args, Value>;
}

/** What a gate asks, verifies and redeems by. */
export interface Gatekeeper {
  readonly client: CountersignClient;
  requestApproval(ask: Ask & WaitOptions): Promise<Approved>;
  resume(state: AskedState, waiting?: WaitOptions): Promise<Approved>;
  redeem(approved: Approved, payload: unknown): Promise<Approval>;
}

/** One call: what people are shown, and how it is done if they approve. */
interface Call<Value> {
  payload: JsonObject;
  hash: string;
  /** Throws if the arguments are others by now than those of the payload. */
  check(): void;
  run(): Promise<Value> | Value;
}

const isRecord = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether the one argument is the payload itself. One that looks like the list of arguments is put into it, so that no two calls look alike. */
function isPayloadItself(args: unknown[]): boolean {
  const [first] = args;
  return args.length === 1 && isRecord(first) && Object.keys(first as object).join() !== "arguments";
}

const changed = (state?: AskedState) =>
  new NotVerified("payload_changed", "The arguments are others than those that this approval is for: it is not done.", { state });

/** Without `payload`: the arguments that the function gets are read out of the very copy that people approve. */
function callOfCopy<Args extends unknown[], Value>(act: (...args: Args) => Promise<Value> | Value, args: Args): Call<Value> {
  const isItself = isPayloadItself(args);
  const { payload, hash } = ownPayload(isItself ? args[0] : { arguments: args });
  const kept = JSON.stringify(payload);
  const run = () => {
    const copy = JSON.parse(kept) as JsonObject;
    return act(...((isItself ? [copy] : (copy["arguments"] as JsonValue[])) as Args));
  };
  return { payload, hash, check: () => {}, run };
}

function callOf<Args extends unknown[], Value>(
  act: (...args: Args) => Promise<Value> | Value,
  args: Args,
  make: ((...args: Args) => unknown) | undefined,
): Call<Value> {
  if (make === undefined) return callOfCopy(act, args);
  const { payload, hash } = ownPayload(make(...args));
  const check = () => {
    if (ownPayload(make(...args)).hash !== hash) throw changed();
  };
  return { payload, hash, check, run: () => act(...args) };
}

/** Says how it went; what keeps that from arriving changes nothing for the caller. */
async function report(keeper: Gatekeeper, { state }: Approved, outcome: CallOutcome, waiting: WaitOptions): Promise<void> {
  const reported = await keeper.client.outcome(state.request_id, outcome);
  tellProgress(waiting, { kind: "reported", outcome, state, ...(!reported.ok && { problem: reported.refusal.message }) });
}

/** Uses the approval and does the action, once. */
async function useOnce<Value>(keeper: Gatekeeper, call: Call<Value>, approved: Approved, waiting: WaitOptions): Promise<Value> {
  call.check();
  // What nobody waits for any longer is not done, and not used up either.
  if (waiting.signal?.aborted) throw abandoned(approved.state, approved.approval);
  const approval = await keeper.redeem(approved, call.payload);
  tellProgress(waiting, { kind: "redeemed", state: approved.state, approval });
  let value: Value;
  try {
    // The caller could change its arguments while that was under way, too.
    call.check();
    value = await call.run();
  } catch (error) {
    await report(keeper, approved, error instanceof OutcomeNotKnown ? "unknown" : "failed", waiting);
    throw error;
  }
  await report(keeper, approved, "succeeded", waiting);
  return value;
}

/** What is asked for, of what a gate was made with. */
function askOf<Args extends unknown[]>(options: GateOptions<Args>, payload: JsonObject, args: Args): Ask & WaitOptions {
  const { action, payload: _, ...rest } = options;
  return { ...rest, action: typeof action === "string" ? action : action(...args), payload };
}

/** The function behind this gate. */
export function gateFunction<Args extends unknown[], Value>(
  keeper: Gatekeeper,
  act: (...args: Args) => Promise<Value> | Value,
  options: GateOptions<Args>,
): Gated<Args, Awaited<Value>> {
  const gated = async (...args: Args): Promise<Awaited<Value>> => {
    const call = callOf(act, args, options.payload);
    const approved = await keeper.requestApproval(askOf(options, call.payload, args));
    return await useOnce(keeper, call, approved, options);
  };
  const resume = async (state: AskedState, ...args: Args): Promise<Awaited<Value>> => {
    const call = callOf(act, args, options.payload);
    if (call.hash !== state.payload_hash) throw changed(state);
    const approved = await keeper.resume(state, options);
    return await useOnce(keeper, call, approved, options);
  };
  const withWaiting = (waiting: WaitOptions) => gateFunction(keeper, act, { ...options, ...waiting });
  return Object.assign(gated, { resume, with: withWaiting });
}
