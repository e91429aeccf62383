/**
 * Waits until a request has ended, by polls that are each bounded, and of different lengths, so that many who wait do not come back at the
 * same moment. What does not come through is asked again; a signal ends all of it at once, and withdraws nothing.
 */
import { refuse } from "../../result.ts";
import type { Approval } from "../answers.ts";
import { mayBeDone } from "../calls/change.ts";
import type { Clock, CountersignClient } from "../client.ts";
import { abandoned, type AskedState, errorOfRefusal, undecided } from "./errors.ts";
import { tellProgress, type WaitOptions } from "./waiting.ts";

const SHORTEST_POLL_SECONDS = 20;
const POLL_SPREAD_SECONDS = 20;
/** For how long nothing may come through before it is left at that; what is waited for stays. */
const SILENCE_MS = 10 * 60_000;

export interface Waits {
  client: CountersignClient;
  clock: Clock;
}

const pollSeconds = (): number => SHORTEST_POLL_SECONDS + Math.floor(Math.random() * POLL_SPREAD_SECONDS);

const isOpenQuestion = ({ question }: Approval): boolean => question !== undefined && question.answered_at === undefined;

/** Resolves to null as soon as the signal says so, whatever is under way by then; what is not begun yet is not begun. */
export async function unlessAborted<T>(begin: () => Promise<T> | T, signal: AbortSignal | undefined): Promise<T | null> {
  if (signal === undefined) return await begin();
  if (signal.aborted) return null;
  let stop = (): void => {};
  const aborted = new Promise<null>((resolve) => {
    stop = () => resolve(null);
    signal.addEventListener("abort", stop);
  });
  try {
    return await Promise.race([begin(), aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** What is new in `after`, told. */
function tellNews(before: Approval | null, after: Approval, state: AskedState, waiting: WaitOptions): void {
  for (const [kind, at] of [
    ["notified", after.notified_at],
    ["seen", after.seen_at],
  ] as const) {
    const known = kind === "notified" ? before?.notified_at : before?.seen_at;
    if (at !== undefined && known === undefined) tellProgress(waiting, { kind, at, state, approval: after });
  }
}

/** Lets the agent answer what a person asks, for as long as that takes it: people may decide meanwhile. Never throws. */
async function answerQuestion({ client }: Waits, approval: Approval, state: AskedState, waiting: WaitOptions): Promise<void> {
  const { question } = approval;
  if (question === undefined) return;
  tellProgress(waiting, { kind: "question", question, state, approval });
  const { onQuestion } = waiting;
  if (onQuestion === undefined) return;
  try {
    const answer = await unlessAborted(() => onQuestion(question, approval), waiting.signal);
    // Whether it was recorded shows in the next reading; people may decide all the same.
    if (typeof answer === "string" && answer !== "") await client.answer(approval.request_id, question.id, answer);
  } catch {
    // Unanswered, as it was.
  }
}

/** The request once it has ended. Throws `ApprovalPending` if it has not by then, and whatever keeps it from being read. */
export async function waitForEnd(waits: Waits, state: AskedState, waiting: WaitOptions, known: Approval | null): Promise<Approval> {
  const { client, clock } = waits;
  const { signal, waitSeconds = Number.POSITIVE_INFINITY } = waiting;
  const deadline = clock.now() + waitSeconds * 1_000;
  const pending = (approval: Approval | null) => (signal?.aborted ? abandoned : undecided)(state, approval);
  const answered = new Set<string>();
  let [last, heardAt] = [known, clock.now()];
  if (known !== null) tellNews(null, known, state, waiting);
  for (;;) {
    if (last !== null && last.status !== "pending") return last;
    if (last !== null && isOpenQuestion(last) && !answered.has(last.question?.id ?? "")) {
      answered.add(last.question?.id ?? "");
      void answerQuestion(waits, last, state, waiting);
    }
    const leftSeconds = Math.ceil((deadline - clock.now()) / 1_000);
    if (signal?.aborted || (leftSeconds <= 0 && last !== null)) throw pending(last);
    const seconds = Math.max(0, Math.min(leftSeconds, pollSeconds()));
    const found =
      (await unlessAborted(() => client.wait(state.request_id, seconds, { ...(signal && { signal }) }), signal)) ?? refuse(null);
    if (found.ok) {
      tellNews(last, found.value, state, waiting);
      [last, heardAt] = [found.value, clock.now()];
      continue;
    }
    if (signal?.aborted || found.refusal === null) throw pending(last);
    const isPassing = mayBeDone(found.refusal) || found.refusal.status === 429;
    if (!isPassing || clock.now() >= deadline || clock.now() - heardAt > SILENCE_MS) {
      throw errorOfRefusal(found.refusal, { state, ...(last && { approval: last }) });
    }
  }
}
