/**
 * What of the page's requests ends, or is given more time, while it is open. The lists of people say which wait no more, a few seconds behind; how each of those
 * stands, its own page's state says, and only that counts.
 */
import { type ApprovalPageState, approvalPageStateShape } from "#api/approval-page-data.ts";
import { stillWaitingShape } from "#api/batch/batch-shapes.ts";
import { untilVisible } from "#pages/kit/browser/page.ts";
import { get } from "#pages/kit/browser/post.ts";

const SHORTEST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 15_000;
const SLOWING_DOWN = 1.2;
/** Refusals that asking again cannot change. */
const LASTING = new Set(["unauthorized", "forbidden"]);

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Followed {
  /** What is followed now. */
  ids: () => string[];
  onState: (id: string, state: ApprovalPageState) => void;
  /** Of one that waits still, until when. */
  onDeadline: (id: string, expiresAt: string) => void;
  /** Whether somebody is about to sign: then it is asked often. */
  isUrgent: () => boolean;
  /** Nothing more will be learned: this person is signed out. */
  onEnd: () => void;
}

/** Follows them until none is left, or nothing more can be learned. */
export async function followItems({ ids, onState, onDeadline, isUrgent, onEnd }: Followed): Promise<void> {
  for (let pauseMs = SHORTEST_PAUSE_MS; ; pauseMs = isUrgent() ? SHORTEST_PAUSE_MS : Math.min(pauseMs * SLOWING_DOWN, LONGEST_PAUSE_MS)) {
    await pause(pauseMs * (0.9 + 0.2 * Math.random()));
    await untilVisible();
    const followed = ids();
    if (followed.length === 0) return;
    const query = followed.map((id) => `id=${encodeURIComponent(id)}`).join("&");
    const answer = await get(`/batch/state?${query}`, new AbortController().signal, stillWaitingShape);
    if (!answer.ok) {
      if (LASTING.has(answer.refusal.code)) return onEnd();
      continue;
    }
    const { waiting: still } = answer.value;
    for (const { id, expires_at: expiresAt } of still) onDeadline(id, expiresAt);
    const waiting = new Set(still.map(({ id }) => id));
    for (const id of followed.filter((one) => !waiting.has(one))) {
      const state = await get(`/a/${id}/state`, new AbortController().signal, approvalPageStateShape);
      if (state.ok) onState(id, state.value);
    }
  }
}
