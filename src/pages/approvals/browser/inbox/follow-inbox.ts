/** The inbox, read again every few seconds while somebody can see it: less often while nothing changes, and not at all while hidden. */
import { type Inbox, inboxShape } from "#api/inbox-data.ts";
import type { Shape } from "#countersign/json/shape.ts";
import { untilVisible } from "#pages/kit/browser/page.ts";
import { get, type Problem } from "#pages/kit/browser/post.ts";

const SHORTEST_PAUSE_MS = 3_000;
const LONGEST_PAUSE_MS = 15_000;
const LONGEST_PAUSE_FAILING_MS = 60_000;
const SLOWING_DOWN = 1.15;
/** Refusals that asking again cannot change. */
const LASTING = new Set(["unauthorized", "forbidden"]);

/** Null for "as you have seen it". */
const answerShape: Shape<Inbox | null> = (value, path) => (value === undefined ? null : inboxShape(value, path));

/** Resolves after so long, or as soon as the page comes into view again. */
const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
      resolve();
    };
    const seen = (): void => {
      if (!document.hidden) done();
    };
    const timer = setTimeout(done, ms);
    document.addEventListener("visibilitychange", seen);
  });

interface Heard {
  onChange: (inbox: Inbox) => void;
  /** Several answers in a row have not come. Null once one has. */
  onTrouble: (problem: Problem | null) => void;
  /** Nothing more will be learned. */
  onEnd: (problem: Problem) => void;
}

/** Follows what `search`, of the page's address, asks for, from the state of this tag on. */
export async function followInbox(search: string, seen: string, { onChange, onTrouble, onEnd }: Heard): Promise<void> {
  const asked = new URLSearchParams(search);
  let tag = seen;
  let pauseMs = SHORTEST_PAUSE_MS;
  for (let failures = 0; ;) {
    await pause(pauseMs * (0.9 + 0.2 * Math.random()));
    await untilVisible();
    asked.set("seen", tag);
    const answer = await get(`/inbox?${asked.toString()}`, new AbortController().signal, answerShape);
    if (answer.ok) {
      if (failures > 1) onTrouble(null);
      failures = 0;
      pauseMs = answer.value === null ? Math.min(pauseMs * SLOWING_DOWN, LONGEST_PAUSE_MS) : SHORTEST_PAUSE_MS;
      if (answer.value === null) continue;
      tag = answer.value.tag;
      onChange(answer.value);
    } else if (LASTING.has(answer.refusal.code)) {
      return onEnd(answer.refusal);
    } else {
      failures += 1;
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_FAILING_MS);
      if (failures > 1) onTrouble(answer.refusal);
    }
  }
}
