/** Everything in a database that belongs to logs, one log after the other. */
import { accept, refuse, type Result } from "../../result.ts";
import { parseJson } from "../../json/canonical-json.ts";
import { isObject } from "../../json/shape.ts";
import type { Finding } from "./check-leaf.ts";
import { checkLog, type SoundLog } from "./check-log.ts";
import { checkStanding } from "./check-standing.ts";
import { type Database, textOf, UnreadableDatabase } from "./database.ts";
import { type LogRow, LogTables, readLogs, strayLog } from "./log-tables.ts";
import { notContained, readSignedCheckpoint, type SignedCheckpoint } from "./signed-checkpoint.ts";

/** A database in which everything fits. */
export interface SoundDatabase {
  logs: SoundLog[];
  /** Whether the tables of passkeys and agents were there to be checked. */
  withStanding: boolean;
  /** Whether it says why records are not there, as those of earlier versions do not. */
  notesWithheld: boolean;
}

export interface DatabaseWish {
  /** What a log of the database has to contain. */
  checkpoint: SignedCheckpoint | null;
  /** How many leaves of a log have been checked, of how many. */
  onProgress: (done: number, all: number) => void;
}

/** Up to the first finding. Throws an UnreadableDatabase if there is nothing to judge. */
export async function checkDatabase(database: Database, { checkpoint, onProgress }: DatabaseWish): Promise<Result<SoundDatabase, Finding>> {
  const [rows = []] = await database.read(["SELECT name FROM sqlite_master WHERE type = 'table'"]);
  const tables = rows.map((row) => textOf(row, "name"));
  const has = (...names: string[]) => names.every((name) => tables.includes(name));
  if (!has("log", "log_leaf", "log_tile", "log_head")) throw new UnreadableDatabase("this database has no log");
  const logs = await readLogs(database);
  const stray = await strayLog(database, logs);
  if (stray !== null) {
    return refuse({ place: `log ${stray}`, message: "there are leaves, tiles or heads of it, and the log itself is missing" });
  }

  const previous = await previousOf(database, logs);
  const wanted = [...previous.map((one) => one.checkpoint), checkpoint].filter((one) => one !== null);
  const sound: SoundLog[] = [];
  for (const log of logs) {
    const rootsAt = wanted.filter(({ origin }) => origin === log.origin).map(({ size }) => size);
    const checked = await checkLog(database, log, { rootsAt, notesWithheld: has("withheld_leaf"), onProgress });
    if (!checked.ok) return refuse({ ...checked.refusal, place: placeIn(log, logs, checked.refusal.place) });
    sound.push(checked.value);
  }
  for (const { log, checkpoint: followed } of previous) {
    const why = followed === null ? "is none" : await notContained(followed, sound, { mayBeBehind: true });
    if (why !== null) return refuse({ place: placeIn(log, logs, "leaf 0"), message: `the checkpoint of the log that it follows ${why}` });
  }
  const why = checkpoint === null ? null : await notContained(checkpoint, sound, { mayBeBehind: false });
  if (why !== null) return refuse({ place: "checkpoint", message: `it ${why}` });

  const withStanding = has("passkey", "agent");
  const standing = withStanding ? await checkStanding(database, tables) : null;
  return standing === null ? accept({ logs: sound, withStanding, notesWithheld: has("withheld_leaf") }) : refuse(standing);
}

const placeIn = ({ origin }: LogRow, logs: readonly LogRow[], place: string): string => (logs.length === 1 ? place : `${origin}, ${place}`);

/** The logs that follow another one, with the checkpoint that they name of it; null if that is none. */
async function previousOf(database: Database, logs: readonly LogRow[]): Promise<{ log: LogRow; checkpoint: SignedCheckpoint | null }[]> {
  const following: { log: LogRow; checkpoint: SignedCheckpoint | null }[] = [];
  for (const log of logs) {
    const genesis = await new LogTables(database, log, false).genesisRecord();
    const json = genesis === null ? null : parseJson(genesis);
    const previous = json?.ok === true && isObject(json.value) ? json.value["previous"] : null;
    if (typeof previous === "string") following.push({ log, checkpoint: readSignedCheckpoint(previous) });
  }
  return following;
}
