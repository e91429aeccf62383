/**
 * Files that hold what must not be lost: written whole or not at all, whenever the machine stops, and readable by this user alone.
 * Each is written as a draft beside it, `FILE.NAME.new`, a name that nobody can know before and that is made only if it is new; so
 * nothing is ever written through a link, and what has the final name is never half of it.
 */
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { link, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { hasPlainFile } from "./plain-file.ts";

/** What follows a file's name in that of a draft: a process that is killed leaves one. */
export const DRAFT = /^\.[0-9a-f]{12}\.new$/;

const OWNERS_ALONE = 0o600;

/** Makes the names in a folder durable. Windows cannot, and does so by itself. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeDraft(draft: string, content: string): Promise<void> {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const handle = await open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, OWNERS_ALONE);
  try {
    // The mode that it was made with had the process's umask taken from it.
    await handle.chmod(OWNERS_ALONE);
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes the content, durably, and has `place` give it its final name. */
async function throughDraft(file: string, content: string, place: (draft: string) => Promise<void>): Promise<void> {
  const draft = `${file}.${randomBytes(6).toString("hex")}.new`;
  try {
    await writeDraft(draft, content);
    await place(draft);
  } finally {
    await rm(draft, { force: true });
  }
  await syncFolder(dirname(file));
}

/**
 * Replaces the file, or makes it. Resolves once the new content is durable; if it throws, the file holds the old content or the new,
 * and a crash may still decide which. Throws an UnusableFile if anything but a plain file of this user has its name.
 */
export async function replaceFile(file: string, content: string): Promise<void> {
  hasPlainFile(file);
  await throughDraft(file, content, async (draft) => await rename(draft, file));
}

/** Makes the file, durably, unless something of that name is there, even since a moment ago: whether it did. */
export async function makeFile(file: string, content: string): Promise<boolean> {
  try {
    await throughDraft(file, content, async (draft) => await link(draft, file));
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}
