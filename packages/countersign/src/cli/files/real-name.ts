/** One file has one name, however it is named. */
import { realpath } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { hasPlainFile, UnusableFile } from "./plain-file.ts";
import { pathTrouble } from "./trusted-folders.ts";

/**
 * The one name of a file that may not be there yet, so that nobody holds or replaces it under two. Its folder has to be there, and
 * nobody else may be able to put another file in its place: else an UnusableFile, and so if it is a link or no plain file.
 */
export async function realName(file: string): Promise<string> {
  const folder = dirname(resolve(file));
  const trouble = pathTrouble(folder);
  if (trouble !== null) throw new UnusableFile(`${file} cannot be kept there: ${trouble}`);
  const name = join(await folderOf(folder, dirname(file)), basename(resolve(file)));
  hasPlainFile(name);
  return name;
}

async function folderOf(folder: string, named: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    throw isMissing ? new UnusableFile(`there is no folder ${named}`, { cause: error }) : error;
  }
}
