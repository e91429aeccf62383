/** A deployment's database as fsck reads it, wherever it is: SQL that only reads, in pages. */

export type Row = Readonly<Record<string, unknown>>;

export interface Database {
  /** The rows of each statement. Throws with a sentence for the operator if it cannot be read. */
  read: (statements: readonly string[]) => Promise<Row[][]>;
  /** How many leaves to ask for at a time; a multiple of 256. */
  pageLeaves: number;
  /** Whether the service may write between two reads. Otherwise all reads are of one moment. */
  isLive: boolean;
  close: () => void;
}

/** What keeps a database from being read at all, for the operator: its rows are not judged. */
export class UnreadableDatabase extends Error {}

const misfit = (name: string, expected: string): never => {
  throw new UnreadableDatabase(`the database gives something else than ${expected} as ${name}`);
};

export function integerOf(row: Row, name: string): number {
  const value = row[name];
  return typeof value === "number" && Number.isSafeInteger(value) ? value : misfit(name, "an integer");
}

export function textOf(row: Row, name: string): string {
  const value = row[name];
  return typeof value === "string" ? value : misfit(name, "text");
}

export const textOrNullOf = (row: Row, name: string): string | null => (row[name] === null ? null : textOf(row, name));

/** Of a column that was asked for as `hex(…)`. */
export const bytesOf = (row: Row, name: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(textOf(row, name), "hex"));
