/** One file has one name, however it is named. */
import { realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** The one name of a file that may not be there yet, so that nobody holds or replaces it under two. Its folder has to be there. */
export async function realName(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch (error) {
    if (!isMissing(error)) throw error;
    return join(await folderOf(file), basename(file));
  }
}

const isMissing = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT";

async function folderOf(file: string): Promise<string> {
  try {
    return await realpath(dirname(file));
  } catch (error) {
    throw isMissing(error) ? new Error(`there is no folder ${dirname(file)}`, { cause: error }) : error;
  }
}
