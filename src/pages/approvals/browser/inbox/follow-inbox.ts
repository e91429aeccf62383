/**
 * The inbox, read again: when its line says that something has changed, also while nobody can see it, because its title tells how much
 * waits; and by itself, once a minute while there is a line, else every few seconds while somebody can see it, less often while nothing
 * changes.
 */
import { type Inbox, inboxShape } from "#api/inbox-data.ts";
import type { Shape } from "#countersign/json/shape.ts";
import { untilVisible } from "#pages/kit/browser/page.ts";
import { get, type Problem } from "#pages/kit/browser/post.ts";
import { keepLine } from "./live-line.ts";

const SHORTEST_PAUSE_MS = 3_000;
const LONGEST_PAUSE_MS = 15_000;
const LONGEST_PAUSE_FAILING_MS = 60_000;
const PAUSE_WITH_LINE_MS = 60_000;
/** However much changes, it is read no more often. */
const BETWEEN_CHANGES_MS = 1_000;
const SLOWING_DOWN = 1.15;
/** Refusals that asking again cannot change. */
const LASTING = new Set(["unauthorized", "forbidden"]);

/** Null for "as you have seen it". */
const answerShape: Shape<Inbox | null> = (value, path) => (value === undefined ? null : inboxShape(value, path));

/** Something that has happened, or not yet, since it was last asked. */
class Signal {
  #has = false;
  #heard: (() => void) | null = null;

  give(): void {
    this.#has = true;
    this.#heard?.();
  }

  /** Whether it was given since. */
  take(): boolean {
    const had = this.#has;
    this.#has = false;
    return had;
  }

  /** Resolves after so long, or as soon as it is given. */
  within(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        // Whoever waits by now is another.
        if (this.#heard === done) this.#heard = null;
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#heard = done;
      if (this.#has) done();
    });
  }
}

interface Heard {
  onChange: (inbox: Inbox) => void;
  /** An answer has come, whatever it was. */
  onAnswer: () => void;
  /** Several answers in a row have not come, or the browser is not connected. Null once one has. */
  onTrouble: (problem: Problem | null) => void;
  /** Nothing more will be learned. */
  onEnd: (problem: Problem) => void;
}

interface Followed {
  /** Of the page's address: what it asks for. */
  search: string;
  /** The state that it was made from. */
  tag: string;
  /** Where its line is; null without. */
  line: string | null;
}

const OFFLINE: Problem = { code: "unreachable", detail: "", errors: [], isKnown: false };

/** Follows what the page shows, from the state of this tag on. */
export async function followInbox({ search, tag: seen, line: path }: Followed, heard: Heard): Promise<void> {
  const asked = new URLSearchParams(search);
  const [changed, looked] = [new Signal(), new Signal()];
  const line = path === null ? null : keepLine(path, () => changed.give());
  const wake = (): void => {
    if (!document.hidden) looked.give();
  };
  document.addEventListener("visibilitychange", wake);
  addEventListener("online", wake);
  let isLost = false;
  addEventListener("offline", () => {
    isLost = true;
    heard.onTrouble(OFFLINE);
  });

  let tag = seen;
  let pauseMs = SHORTEST_PAUSE_MS;
  let readAtMs = -Infinity;
  for (let failures = 0; ;) {
    const hasLine = line?.isOpen() === true && failures === 0;
    const ms = (hasLine ? PAUSE_WITH_LINE_MS : pauseMs) * (0.9 + 0.2 * Math.random());
    await Promise.race([changed.within(ms), looked.within(ms)]);
    if (changed.take()) {
      looked.take();
      const leftMs = readAtMs + BETWEEN_CHANGES_MS - Date.now();
      if (leftMs > 0) await new Promise((resolve) => setTimeout(resolve, leftMs));
      changed.take();
      asked.set("changed", "");
    } else {
      await untilVisible();
      // That it is seen again is why it asks now, and no reason to ask once more.
      looked.take();
      asked.delete("changed");
    }
    readAtMs = Date.now();
    // What was asked before the connection was lost does not say that it is there again.
    isLost = false;
    asked.set("seen", tag);
    const answer = await get(`/inbox?${asked.toString()}`, new AbortController().signal, answerShape);
    if (answer.ok) {
      heard.onAnswer();
      if (!isLost) heard.onTrouble(null);
      failures = 0;
      pauseMs = answer.value === null ? Math.min(pauseMs * SLOWING_DOWN, LONGEST_PAUSE_MS) : SHORTEST_PAUSE_MS;
      if (answer.value === null) continue;
      tag = answer.value.tag;
      heard.onChange(answer.value);
    } else if (LASTING.has(answer.refusal.code)) {
      return heard.onEnd(answer.refusal);
    } else {
      failures += 1;
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_FAILING_MS);
      if (failures > 1 || !navigator.onLine) heard.onTrouble(answer.refusal);
    }
  }
}
