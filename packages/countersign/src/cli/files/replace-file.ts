/** Files that hold what must not be lost: replaced whole or not at all, whenever the machine stops. */
import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";

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

/**
 * Replaces the file, or makes it, readable by nobody else, through `FILE.new`. Resolves once the new content is durable; if it
 * throws, the file holds the old content or the new, and a crash may still decide which. One call at a time for one file.
 */
export async function replaceFile(file: string, content: string): Promise<void> {
  const next = `${file}.new`;
  const handle = await open(next, "w", 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(next, file);
  await syncFolder(dirname(file));
}
