/** The folder in which commands keep what the next one has to know, and whether what lies there can be believed. */
import { statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import type { Surroundings } from "../command.ts";
import { othersMayWrite } from "./plain-file.ts";
import { pathTrouble } from "./trusted-folders.ts";

/** `$COUNTERSIGN_STATE`, or else a folder of this command's own where this user's programs keep their state. */
export function stateFolder({ environment }: Pick<Surroundings, "environment">): string {
  const { COUNTERSIGN_STATE: given = "", XDG_STATE_HOME: shared = "" } = environment;
  if (given !== "") return resolve(given);
  return join(isAbsolute(shared) ? shared : join(homedir(), ".local", "state"), "countersign");
}

/** Why what lies in the folder cannot be believed, or null: nobody else may write to it, not even this user's own group. */
export function folderComplaint(folder: string): string | null {
  const trouble = pathTrouble(folder);
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (trouble === null && (stats === undefined || !othersMayWrite(stats))) return null;
  return `${folder} cannot be used: ${trouble ?? "others may write to it"}`;
}

/** Makes the folder if there is none. Gives why it cannot be used, null if it can. */
export async function makeStateFolder(folder: string): Promise<string | null> {
  // Before it is made, which must not be where somebody else's link leads, and as it is afterwards.
  const before = folderComplaint(folder);
  if (before === null) await mkdir(folder, { recursive: true, mode: 0o700 });
  return before ?? folderComplaint(folder);
}
