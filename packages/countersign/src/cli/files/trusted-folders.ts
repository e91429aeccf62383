/**
 * Whose folders the files of this user lie in: whoever may write to one of them can put another file in place of any below it.
 * The rule is that of OpenSSH's StrictModes, for every folder from the outermost on: it belongs to root or to this user, and
 * nobody else may write to it, unless its sticky bit keeps them from what is not theirs, as in /tmp. Two things more are trusted:
 * who could change this program anyway, and this user's own group, which on many systems is of nobody else.
 */
import { lstatSync, readlinkSync, type Stats } from "node:fs";
import { dirname, join, parse, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const OTHERS_MAY_WRITE = 0o002;
const GROUP_MAY_WRITE = 0o020;
const STICKY = 0o1000;

const ownerOf = (path: string): number => lstatSync(path).uid;

/** Whether a file belongs to somebody whom this user does not trust with it. Windows has no owners that mean this. */
export function isForeign({ uid }: Stats): boolean {
  const own = process.getuid?.();
  if (own === undefined || uid === own || uid === 0) return false;
  const here = fileURLToPath(import.meta.url);
  return ![here, parse(here).root].some((path) => ownerOf(path) === uid);
}

/** Why whoever else is on this machine could replace what lies in that folder, or null. Of links only the owner counts. */
export function folderTrouble(folder: string, stats: Stats): string | null {
  if (isForeign(stats)) return `${folder} belongs to somebody else, and so could anything in it`;
  if (stats.isSymbolicLink() || process.getgid === undefined || (stats.mode & STICKY) !== 0) return null;
  const isOpen = (stats.mode & OTHERS_MAY_WRITE) !== 0 || ((stats.mode & GROUP_MAY_WRITE) !== 0 && stats.gid !== process.getgid());
  return isOpen ? `others may write to ${folder}; take that from them: chmod go-w ${folder}` : null;
}

/**
 * The same of every folder on the way to `path`, itself included, and of every link on it, followed by hand: one that somebody
 * else put there leads where they like. What is not there yet has nothing against it.
 */
export function pathTrouble(path: string): string | null {
  const steps = resolve(path)
    .slice(parse(resolve(path)).root.length)
    .split(/[/\\]/);
  let folder = parse(resolve(path)).root;
  for (const [done, step] of ["", ...steps].entries()) {
    folder = join(folder, step);
    const stats = lstatSync(folder, { throwIfNoEntry: false });
    if (stats === undefined) return null;
    const trouble = folderTrouble(folder, stats);
    if (trouble !== null) return trouble;
    if (stats.isSymbolicLink()) return pathTrouble(join(resolve(dirname(folder), readlinkSync(folder)), ...steps.slice(done)));
  }
  return null;
}
