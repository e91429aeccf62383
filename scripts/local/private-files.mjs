/**
 * What the service keeps is its owner's alone: the database holds what people asked and the hashes of their keys, the objects
 * hold nonces, and the secrets sign the log. Whoever could write there could approve anything.
 */
import { chmodSync, lstatSync, mkdirSync, readdirSync, realpathSync } from "node:fs";
import { dirname, join, parse } from "node:path";
import { folderTrouble, isForeign } from "../../packages/countersign/src/cli/files/trusted-folders.ts";

const FOLDER = 0o700;
const FILE = 0o600;

/** Windows has neither owners nor modes that mean this. */
const hasOwners = process.getuid !== undefined;

/** From here on, whatever this process and those it starts make is its owner's alone. */
export function makePrivateFiles() {
  process.umask(0o077);
}

const statOf = (path) => lstatSync(path, { throwIfNoEntry: false });

function requireOwner(path, stats) {
  if (isForeign(stats)) throw new Error(`${path} belongs to somebody else, and so could anything in it`);
}

function refuseLink(path) {
  throw new Error(`${path} is a symbolic link, and where it leads is not this service's to write to; put what it is for in its place`);
}

/** Each folder above `path`, the outermost first. */
function above(path) {
  const parent = dirname(path);
  return parent === path ? [] : [...above(parent), parent];
}

/** Refuses a path at which somebody else could put another folder in place of this one. */
function requireSafeParents(path) {
  for (const folder of above(path)) {
    const stats = statOf(folder);
    if (stats === undefined) return;
    // Links of the system's own stand in its outermost folder (/tmp, /var, /home) and nowhere else.
    if (stats.isSymbolicLink() && dirname(folder) === parse(folder).root)
      return requireSafeParents(join(realpathSync(folder), path.slice(folder.length)));
    if (stats.isSymbolicLink()) throw new Error(`${folder} is a symbolic link; name what it leads to: ${realpathSync(folder)}`);
    if (!stats.isDirectory()) throw new Error(`${folder} is no folder`);
    const trouble = folderTrouble(folder, stats);
    if (trouble !== null) throw new Error(trouble);
  }
}

/** Its mode as it should be. What is there must be what it is taken for, and this user's. */
function tighten(path, stats) {
  if (stats.isSymbolicLink()) refuseLink(path);
  // A lock is a socket, and one of a process that was killed lies there still.
  if (!stats.isDirectory() && !stats.isFile() && !stats.isSocket()) throw new Error(`${path} is neither a file nor a folder`);
  requireOwner(path, stats);
  const mode = stats.isDirectory() ? FOLDER : FILE;
  if (hasOwners && (stats.mode & 0o7777) !== mode) chmodSync(path, mode);
}

function tightenAll(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const stats = statOf(path);
    if (stats === undefined) continue;
    tighten(path, stats);
    if (stats.isDirectory()) tightenAll(path);
  }
}

/** Makes the folder, or takes the one there is: nobody else may enter it, and nothing in it leads out of it. */
export function takePrivateFolder(folder) {
  requireSafeParents(folder);
  const stats = statOf(folder);
  if (stats === undefined) mkdirSync(folder, { recursive: true, mode: FOLDER });
  else if (!stats.isDirectory() && !stats.isSymbolicLink()) throw new Error(`${folder} is no folder`);
  // The folder first, so that nobody can add to it what has been looked at already.
  tighten(folder, statOf(folder));
  tightenAll(folder);
}

/** Whether there is such a file; if so it is its owner's alone from now on. */
export function takePrivateFile(path) {
  requireSafeParents(path);
  const stats = statOf(path);
  if (stats === undefined) return false;
  if (!stats.isFile() && !stats.isSymbolicLink()) throw new Error(`${path} is no file`);
  tighten(path, stats);
  return true;
}
