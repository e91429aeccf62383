/** Files that are read again and believed: plain ones, of this user, and never what a link in their place leads to. */
import { constants, lstatSync, type Stats } from "node:fs";
import { open } from "node:fs/promises";
import type { Bytes } from "../../encoding/bytes.ts";
import { readHandleAtMost } from "./read-file-at-most.ts";
import { isForeign } from "./trusted-folders.ts";

/** A file that must not be read or written as it stands. The message is for a person and names it. */
export class UnusableFile extends Error {}

/** What this module or the system has against a file, in words; anything else that is thrown is a bug, and goes on. */
export function complaintOf(error: unknown): string {
  if (error instanceof Error && (error instanceof UnusableFile || "code" in error)) return error.message;
  throw error;
}

/** On Windows such bits say nothing. */
const hasModes = process.platform !== "win32";
export const othersMayWrite = ({ mode }: Stats): boolean => hasModes && (mode & 0o022) !== 0;

function requirePlain(file: string, stats: Stats): void {
  if (stats.isSymbolicLink()) throw new UnusableFile(`${file} is a symbolic link, which is not followed; name what it leads to`);
  if (!stats.isFile()) throw new UnusableFile(`${file} is not a plain file`);
  if (isForeign(stats)) throw new UnusableFile(`${file} belongs to somebody else`);
}

/** Whether there is a file of that name. Throws an UnusableFile if something else is in its place. */
export function hasPlainFile(file: string): boolean {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  if (stats !== undefined) requirePlain(file, stats);
  return stats !== undefined;
}

/**
 * The content of a file, null if there is none: that is not the same as one that cannot be read, for which it throws. Nobody else
 * may write to it, nor, of a secret, read it, and it has no more than `maxBytes`; else an UnusableFile.
 */
export async function readPlainFile(file: string, maxBytes: number, { isSecret = false } = {}): Promise<Bytes | null> {
  if (!hasPlainFile(file)) return null;
  // Whatever is put in its place meanwhile: no link is followed, and no pipe waited for.
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = await handle.stat();
    requirePlain(file, stats);
    if (othersMayWrite(stats)) throw new UnusableFile(`others may write to ${file}: chmod go-w it`);
    if (isSecret && hasModes && (stats.mode & 0o077) !== 0) throw new UnusableFile(`${file} may be read by others: chmod 600 it`);
    const content = await readHandleAtMost(handle, maxBytes);
    if (content === null) throw new UnusableFile(`${file} is larger than ${maxBytes} bytes`);
    return content;
  } finally {
    await handle.close();
  }
}
