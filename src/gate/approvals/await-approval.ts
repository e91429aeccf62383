/**
 * Waiting for an approval without keeping anything awake: the waiter listens on a socket whose far end, the approval's
 * object, sleeps. A word from there brings what changed; without one it is read. A socket that closes is opened again.
 */
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { Snapshot } from "./snapshot.ts";

/** Something that may happen to the approval, listened for from now on. */
export interface ChangeListener {
  /** Resolves with what is there after the next change; null if that is still on its way to the log, or the connection is lost: then read. */
  changed: Promise<Snapshot | null>;
  close(): void;
}

export interface WaitPorts {
  read(requestId: string): Promise<Snapshot | null>;
  /** Listens to changes after the one with this tag; a change that already happened counts at once. Null: too many listen already. */
  listen(requestId: string, seenTag: string): Promise<ChangeListener | null>;
  /** Resolves after so many milliseconds. */
  sleep(ms: number): Promise<void>;
  now(): number;
}

export interface WaitRefusal {
  reason: "too-many-waiters";
}

/** Between two openings of a socket that keeps closing. */
const REOPEN_MS = 250;

/**
 * Resolves with the newest snapshot as soon as `isEnough` holds; at the deadline, or once the caller is `gone`, with the
 * last one seen. Losing the caller loses nothing: nobody but the caller knows of the wait. `changing` is told of a change that is to be
 * read yet.
 */
export async function awaitApproval(
  seen: Snapshot,
  deadlineMs: number,
  isEnough: (snapshot: Snapshot) => boolean,
  ports: WaitPorts,
  gone?: AbortSignal,
  changing?: () => void,
): Promise<Result<Snapshot, WaitRefusal>> {
  let latest = seen;
  // The time to wait is measured by sleeping it: a clock that steps back meanwhile makes no wait longer.
  let isOver = false;
  const end = Promise.race([ports.sleep(deadlineMs - ports.now()), aborted(gone)]).then(() => {
    isOver = true;
  });
  while (!isEnough(latest) && !isOver && ports.now() < deadlineMs && gone?.aborted !== true) {
    const startedMs = ports.now();
    const next = await Promise.race([nextSnapshot(latest, end, ports, changing), end]);
    if (next === "too-many-waiters") return refuse({ reason: next });
    if (next) latest = next;
    else if (ports.now() - startedMs < REOPEN_MS) await Promise.race([ports.sleep(REOPEN_MS), end]);
  }
  return accept(latest);
}

/** Resolves when the signal is aborted, if ever. */
const aborted = (signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => signal?.addEventListener("abort", () => resolve(), { once: true }));

/** What is there after the next change; undefined if that could not be learned and must be tried again. */
async function nextSnapshot(
  seen: Snapshot,
  end: Promise<void>,
  ports: WaitPorts,
  changing?: () => void,
): Promise<Snapshot | "too-many-waiters" | undefined> {
  let listener: ChangeListener | null | undefined;
  try {
    listener = await ports.listen(seen.request.id, seen.tag);
    if (listener === null) return "too-many-waiters";
    const told = await Promise.race([listener.changed, end]);
    if (told === undefined) return undefined;
    if (told === null) changing?.();
    const next = told ?? (await ports.read(seen.request.id));
    return next !== null && next.tag !== seen.tag ? next : undefined;
  } catch {
    return undefined;
  } finally {
    listener?.close();
  }
}
