/** Where requests that are over are kept once their objects are emptied, and what becomes of them with time. */
import type { Bytes } from "#countersign/encoding/bytes.ts";
import type { RequestDocument } from "#countersign/documents/request.ts";
import { timestamp } from "#countersign/documents/words.ts";
import type { ApprovalState } from "#rules/approval.ts";
import {
  type ArchivedText,
  archivedTexts,
  dayOfWords,
  keptName,
  readKept,
  withWords,
  WORDS_PREFIX,
  wordsName,
} from "./archived-request.ts";

/** Texts by name. None is ever written over. */
export interface TextStore {
  /** Keeps the text, unless the name is taken already. Resolves once whatever is kept under the name is durable. */
  keep(text: ArchivedText): Promise<void>;
  /** Null if there is none. */
  read(name: string): Promise<string | null>;
  /** The first names that begin so, in order, at most so many. */
  names(prefix: string, most: number): Promise<string[]>;
  delete(names: string[]): Promise<void>;
}

/** How long things stay as they are; null: for ever. */
export interface ArchiveTimes {
  /** From when nothing more becomes of a request until it goes to the archive. */
  afterMs: number | null;
  /** From a request's end until its payload and other words go. */
  keepWordsMs: number | null;
}

export interface ArchivePorts {
  texts: TextStore;
  secret: Bytes;
  times: ArchiveTimes;
  now: () => number;
}

/** The archive as an object sees it that holds one request. */
export interface ArchivingPorts extends ArchivePorts {
  /** Makes known that this id is spent for ever. Resolves once that is durable. */
  markOver(request: RequestDocument, at: string): Promise<void>;
  isOver(requestId: string): Promise<boolean>;
  /** Whether it is over for ever and its end is withheld, or will be by the next round: nothing of it goes to the archive any more. */
  isWithheld(requestId: string): Promise<boolean>;
}

/** The archive holds something else under a name. */
export class ArchiveConflict extends Error {}

/** Keeps a request that is over, once and for ever. Throws unless just this is kept then. */
export async function keepInArchive(approval: ApprovalState, { texts, secret }: Pick<ArchivePorts, "texts" | "secret">): Promise<void> {
  const { kept, words } = archivedTexts(approval, secret);
  for (const wanted of [words, kept]) {
    await texts.keep(wanted);
    if ((await texts.read(wanted.name)) !== wanted.text) throw new ArchiveConflict(`the archive holds something else as ${wanted.name}`);
  }
}

/** A request of the archive, with its words as long as they are kept; null if it is not there. Throws if it is not as it was archived. */
export async function findInArchive(requestId: string, ports: ArchivePorts): Promise<ApprovalState | null> {
  const { texts, secret } = ports;
  const text = await texts.read(keptName(requestId));
  if (text === null) return null;
  const kept = readKept({ name: keptName(requestId), text }, secret);
  const name = wordsName(requestId, kept.ending?.sealed.record.at ?? "");
  if (dayOfWords(name) < firstDayKept(ports)) return kept;
  const words = await texts.read(name);
  return words === null ? kept : withWords(kept, { name, text: words }, secret);
}

/** Words of earlier days are not kept: they are deleted, and until then not read. */
function firstDayKept({ times, now }: Pick<ArchivePorts, "times" | "now">): string {
  return times.keepWordsMs === null ? "" : timestamp(now() - times.keepWordsMs).slice(0, 10);
}

/** Deletes words that are no longer kept, at most so many. */
async function deleteOldWords(ports: Omit<ArchivePorts, "secret">, most: number): Promise<void> {
  const { texts, times } = ports;
  if (times.keepWordsMs === null) return;
  const first = firstDayKept(ports);
  const names = await texts.names(WORDS_PREFIX, most);
  const old = names.filter((name) => dayOfWords(name) < first);
  if (old.length > 0) await texts.delete(old);
}

/** What the cron does for the archive. */
export interface ArchiveRoundPorts extends Omit<ArchivePorts, "secret"> {
  /** At most so many requests that ended before then and are not over for ever yet: other ones at each call. */
  endedBefore(time: string, most: number): Promise<string[]>;
  /** Sees to it that the object of this request wakes up when its time has come. */
  wake(requestId: string): Promise<unknown>;
}

/** Of old words, and of objects, in one round: a Worker without a paid plan may make fifty calls. */
const MOST_WORDS = 1_000;
const MOST_OBJECTS = 40;

/**
 * Deletes words that are no longer kept; and wakes objects that ended long ago: those of a version that knew no archive have no alarm.
 * Each comes to the end of its work also if the other fails. Throws what failed.
 */
export async function archiveRound(ports: ArchiveRoundPorts): Promise<void> {
  const done = await Promise.allSettled([deleteOldWords(ports, MOST_WORDS), wakeEnded(ports)]);
  for (const one of done) if (one.status === "rejected") throw one.reason;
}

async function wakeEnded(ports: ArchiveRoundPorts): Promise<void> {
  const { afterMs } = ports.times;
  if (afterMs === null) return;
  const ids = await ports.endedBefore(timestamp(ports.now() - afterMs), MOST_OBJECTS);
  await Promise.all(ids.map((id) => ports.wake(id)));
}
