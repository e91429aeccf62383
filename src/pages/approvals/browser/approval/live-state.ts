/**
 * How the approval stands, kept current: a long poll that rests while the page is hidden, and goes on after an approval until the agent
 * has said how it went, or can no longer use it.
 */
import {
  type ApprovalPageData,
  type ApprovalPageState,
  approvalPageStateShape,
  isFinal,
  isOver,
  isPastUse,
  useEndsMs,
} from "#api/approval-page-data.ts";
import { untilVisible } from "#pages/kit/browser/page.ts";
import { get, type Problem } from "#pages/kit/browser/post.ts";

const WAIT_SECONDS = 25;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** Refusals that asking again cannot change. */
const LASTING = new Set(["unauthorized", "forbidden", "unknown_request"]);

/** How far it has come. */
function progress(state: ApprovalPageState): number {
  if (!isFinal(state)) return state.status === "settling" ? 1 : 0;
  const { use = null } = state;
  if (use === null) return 2;
  if (use.outcome === null) return use.redeemed_at === null ? 3 : 4;
  return use.outcome === "unknown" ? 5 : 6;
}

/** How much was said before the end: it only ever gets more. */
const saidCount = ({ questions = [], wrong_picks: wrong = [], extended = [] }: ApprovalPageState): number =>
  questions.length + questions.filter(({ answer }) => answer !== null).length + wrong.length + extended.length;

/**
 * Whether `next` is newer than `state`: an answer that was under way when a later state arrived is out of date. Decisions
 * come with ever later times, but there may be fewer of them: those that stand no longer go when the next one comes.
 */
function isNewer(next: ApprovalPageState, state: ApprovalPageState): boolean {
  if (progress(next) !== progress(state)) return progress(next) > progress(state);
  if (saidCount(next) !== saidCount(state)) return saidCount(next) > saidCount(state);
  const [until, knownUntil] = [next, state].map(({ expires_at: at = "" }) => at) as [string, string];
  if (until !== knownUntil) return until > knownUntil;
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

/**
 * Follows the state of a request from its page's on. `now` is the server's clock. `onChange` hears of each state with the time at which it
 * was so, also when time alone has ended it; `onEnd` of a refusal that stays.
 */
export function followState(
  { request, state: first, now: made }: Pick<ApprovalPageData, "request" | "state" | "now">,
  now: () => number,
  onChange: (state: ApprovalPageState, atMs: number) => void,
  onEnd: (problem: Problem) => void,
): LiveState {
  let state = first;
  let knownAtMs = Date.parse(made);
  let asking = new AbortController();

  const take = (next: ApprovalPageState): void => {
    if (!isNewer(next, state)) return;
    state = next;
    asking.abort();
    onChange(state, knownAtMs);
  };

  const read = async (signal: AbortSignal, query: string): ReturnType<typeof get<ApprovalPageState>> =>
    get(`/a/${request.id}/state${query}`, signal, approvalPageStateShape);

  /** No longer than an unused approval can be used: then it is asked once more. */
  const patience = (askedAtMs: number): number => {
    const isUnused = isFinal(state) && (state.use ?? null) === null;
    const leftMs = isUnused ? Math.max(0, useEndsMs(request, state) - askedAtMs) : Infinity;
    return Math.min(WAIT_SECONDS, Math.ceil(leftMs / 1_000));
  };

  const ask = (askedAtMs: number): ReturnType<typeof read> => {
    asking = new AbortController();
    return read(asking.signal, `?wait=${patience(askedAtMs)}&seen=${encodeURIComponent(state.tag)}`);
  };

  const follow = async (): Promise<void> => {
    let pauseMs = FIRST_PAUSE_MS;
    while (!isOver(request, state, knownAtMs)) {
      await untilVisible();
      const askedAtMs = now();
      const answer = await ask(askedAtMs);
      if (answer.ok) {
        pauseMs = FIRST_PAUSE_MS;
        // What was done in the last moment is heard before it is said that nothing was.
        knownAtMs = askedAtMs;
        take(answer.value);
      } else if (LASTING.has(answer.refusal.code)) {
        onEnd(answer.refusal);
        return;
      } else if (!asking.signal.aborted) {
        await pause(pauseMs * (0.5 + Math.random()));
        pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
      }
    }
    if (isPastUse(request, state, knownAtMs)) onChange(state, knownAtMs);
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
