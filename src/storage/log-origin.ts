/**
 * Which log this deployment writes: the active one of its database, under the origin line of its genesis, for ever, so that a
 * service that moves to another address keeps its log and its log's name (docs/formats.md, "Log"). One that is frozen may be
 * followed by another, where the operator names it.
 */
import type { ListedLog } from "../gate/open-log.ts";

/** Long enough that nobody reads it twice for one call, short enough that a log which begins anew is found. */
const REMEMBERED_MS = 60_000;

/** What a log is called that begins. */
interface LogNames {
  newLogOrigin: string;
  /** Null if none may follow a frozen one. */
  followingLogOrigin: string | null;
}

const known = new WeakMap<D1Database, { origin: string; untilMs: number }>();

/**
 * The origin line of the active log. If all are frozen: that of a log to come, where one is named that is not there yet, otherwise
 * that of the latest. If there is none: the one that a new log gets. Throws if D1 is away.
 */
export async function logOrigin(d1: D1Database, names: LogNames): Promise<string> {
  const remembered = known.get(d1);
  if (remembered !== undefined && Date.now() < remembered.untilMs) return remembered.origin;
  const query = d1.withSession("first-primary").prepare("SELECT origin, state FROM log ORDER BY state = 'active' DESC, id DESC");
  const { results: logs } = await query.all<ListedLog>();
  const [newest] = logs;
  if (newest?.state === "active") {
    known.set(d1, { origin: newest.origin, untilMs: Date.now() + REMEMBERED_MS });
    return newest.origin;
  }
  const { newLogOrigin, followingLogOrigin } = names;
  if (newest === undefined) return newLogOrigin;
  const isThere = logs.some(({ origin }) => origin === followingLogOrigin);
  return followingLogOrigin === null || isThere ? newest.origin : followingLogOrigin;
}
