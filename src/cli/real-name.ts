/** One file has one name, however it is named. */
import { realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** The one name of a file that may not be there yet, so that nobody holds or replaces it under two. Its folder has to be there. */
export async function realName(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    return join(await realpath(dirname(file)), basename(file));
  }
}
