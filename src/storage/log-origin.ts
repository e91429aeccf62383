/**
 * Which log this deployment writes: the active one of its database, under the origin line of its genesis, for ever, so that a
 * service that moves to another address keeps its log and its log's name (docs/formats.md, "Log"). One that is frozen may be
 * followed by another, where the operator names it.
 */
import type { ListedLog } from "../gate/open-log.ts";

/** What a log is called that begins. */
interface LogNames {
  newLogOrigin: string;
  /** Null if none may follow a frozen one. */
  followingLogOrigin: string | null;
}

/** Of active logs only. Another one begins with a deployment, which has memory of its own. */
const known = new WeakMap<D1Database, string>();

/**
 * The origin line of the active log. If all are frozen: that of a log to come, where one is named that is not there yet, otherwise
 * that of the latest. If there is none: the one that a new log gets. Throws if D1 is away.
 */
export async function logOrigin(d1: D1Database, names: LogNames): Promise<string> {
  const remembered = known.get(d1);
  if (remembered !== undefined) return remembered;
  const query = d1.withSession("first-primary").prepare("SELECT origin, state FROM log ORDER BY state = 'active' DESC, id DESC");
  const { results: logs } = await query.all<ListedLog>();
  const [newest] = logs;
  if (newest?.state === "active") {
    known.set(d1, newest.origin);
    return newest.origin;
  }
  const { newLogOrigin, followingLogOrigin } = names;
  if (newest === undefined) return newLogOrigin;
  const isThere = logs.some(({ origin }) => origin === followingLogOrigin);
  return followingLogOrigin === null || isThere ? newest.origin : followingLogOrigin;
}
