/** How the approval stands, kept current: a long poll that rests while the page is hidden and ends with the final state. */
import { type ApprovalPageState, approvalPageStateShape, isFinal } from "#api/approval-page-data.ts";
import { untilVisible } from "#pages/kit/browser/page.ts";
import { get, type Problem } from "#pages/kit/browser/post.ts";

const WAIT_SECONDS = 25;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** Refusals that asking again cannot change. */
const LASTING = new Set(["unauthorized", "forbidden", "unknown_request"]);

/** How far the status has come. */
const progress = (state: ApprovalPageState): number => (isFinal(state) ? 2 : state.status === "settling" ? 1 : 0);

/**
 * Whether `next` is newer than `state`: an answer that was under way when a later state arrived is out of date. Decisions
 * come with ever later times, but there may be fewer of them: those that stand no longer go when the next one comes.
 */
function isNewer(next: ApprovalPageState, state: ApprovalPageState): boolean {
  if (progress(next) !== progress(state)) return progress(next) > progress(state);
  const [last, known] = [next, state].map(({ decisions }) => decisions.at(-1)?.decided_at ?? "") as [string, string];
  return last === known ? next.decisions.length > state.decisions.length : last > known;
}

export interface LiveState {
  current(): ApprovalPageState;
  /** Takes over a state that came another way, unless it is older than the one held. */
  take(state: ApprovalPageState): void;
  /** Resolves once the service has said how it stands now, or that it will not. */
  readAgain(): Promise<void>;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Follows the state of `/a/<id>` from `first` on. `onEnd` tells of a refusal that stays. */
export function followState(
  id: string,
  first: ApprovalPageState,
  onChange: (state: ApprovalPageState) => void,
  onEnd: (problem: Problem) => void,
): LiveState {
  let state = first;
  let asking = new AbortController();

  const take = (next: ApprovalPageState): void => {
    if (!isNewer(next, state)) return;
    state = next;
    asking.abort();
    onChange(state);
  };

  const read = async (signal: AbortSignal, query: string): ReturnType<typeof get<ApprovalPageState>> =>
    get(`/a/${id}/state${query}`, signal, approvalPageStateShape);

  const ask = (): ReturnType<typeof read> => {
    asking = new AbortController();
    return read(asking.signal, `?wait=${WAIT_SECONDS}&seen=${encodeURIComponent(state.tag)}`);
  };

  const follow = async (): Promise<void> => {
    let pauseMs = FIRST_PAUSE_MS;
    while (!isFinal(state)) {
      await untilVisible();
      const answer = await ask();
      if (answer.ok) {
        pauseMs = FIRST_PAUSE_MS;
        take(answer.value);
      } else if (LASTING.has(answer.refusal.code)) {
        onEnd(answer.refusal);
        return;
      } else if (!asking.signal.aborted) {
        await pause(pauseMs * (0.5 + Math.random()));
        pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
      }
    }
  };

  const readAgain = async (): Promise<void> => {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      const answer = await read(new AbortController().signal, "");
      if (answer.ok) take(answer.value);
      if (answer.ok || LASTING.has(answer.refusal.code) || isFinal(state)) return;
      await pause(pauseMs);
    }
  };

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) asking.abort();
  });
  void follow();
  return { current: () => state, take, readAgain };
}
