/**
 * One process at a time: a lock that ends with the process, however it ends. Node alone, without native code.
 *
 * `FILE.lock` is a folder. While it holds a socket on which a process listens, that process has the lock; the name of a socket is
 * never used twice. The system closes the socket of a process that was killed, and then nothing answers on it any more. So there
 * is no process id that another process may have by now, no clock, and a process in another container on the same folder counts.
 *
 * 1. What answers in the folder holds the lock. What does not answer is dead and never comes back: it is deleted by its own name,
 *    so that no other socket goes with it. A link in the folder's place, or what no process with a lock leaves there, is refused:
 *    it may be anybody's.
 * 2. A folder of one's own, with a socket that listens already, is renamed to `FILE.lock`. The system replaces a folder that is
 *    missing or empty, and refuses to replace one that holds something: of several that come this far, one gets the lock.
 * 3. Whoever has it deletes what processes that were killed have left beside the file: drafts of it, since nobody else writes it
 *    now, and folders of step 2, `FILE.lock.NAME`, in which nothing answers. Such a folder gets another name first: whoever is
 *    about to listen in it finds that it is gone, and so that another process has the lock.
 * 4. To give it back, the socket is deleted before it is closed.
 *
 * A process that is killed holding the lock leaves a dead socket, which the next one deletes.
 */
import { createHash, randomBytes } from "node:crypto";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
} from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { basename, dirname, join, resolve } from "node:path";
import { UnusableFile } from "./plain-file.ts";
import { DRAFT } from "./replace-file.ts";
import { isForeign } from "./trusted-folders.ts";

/** Linux takes 107 bytes as the path of a socket, macOS 103; older versions of Node cut off what is longer. */
const LONGEST_PATH_BYTES = 100;

const codeOf = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "");

/** Whether it was done; false if the system says one of `expected` against it. */
function attempt(act: () => void, expected: readonly string[]): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if (expected.includes(codeOf(error))) return false;
    throw error;
  }
}

/** Uses the path of a socket in a folder, through a link where that is too long for one. */
async function withShortPath<T>(folder: string, socket: string, use: (path: string) => Promise<T>): Promise<T> {
  const path = join(folder, socket);
  if (Buffer.byteLength(path) <= LONGEST_PATH_BYTES) return await use(path);
  const short = mkdtempSync("/tmp/countersign-");
  try {
    symlinkSync(resolve(folder), join(short, "d"));
    return await use(join(short, "d", socket));
  } finally {
    rmSync(short, { recursive: true });
  }
}

/** Whether a process listens there. One that may not be asked, or is too busy to answer, does. */
const isAlive = (path: string): Promise<boolean> =>
  new Promise((settle) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      settle(true);
    });
    socket.once("error", (error) => settle(!["ECONNREFUSED", "ENOENT"].includes(codeOf(error))));
  });

/** Listens there for as long as this process lives, and does not keep it alive. Throws what the system says against it. */
const listenAt = (path: string): Promise<Server> =>
  new Promise((settle, fail) => {
    const server = createServer((socket) => void socket.destroy());
    server.on("error", fail);
    server.listen({ path, exclusive: true }, () => settle(server.unref()));
  });

/** The names in the lock's folder. The version before kept an empty file in its place, which means nothing any more. */
function socketsIn(lock: string): string[] {
  const stats = lstatSync(lock, { throwIfNoEntry: false });
  if (stats?.isSymbolicLink() === true) throw new UnusableFile(`${lock} is a symbolic link, which is not followed; delete it`);
  if (stats !== undefined && isForeign(stats)) throw new UnusableFile(`${lock} belongs to somebody else`);
  try {
    return readdirSync(lock);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    if (codeOf(error) !== "ENOTDIR" || lstatSync(lock).size > 0) throw error;
    attempt(() => unlinkSync(lock), ["ENOENT", "EISDIR", "EPERM"]);
    return [];
  }
}

/** Whether it may be deleted if it does not answer: a socket has no size, and neither has anything else that could be missed. */
function isNothing(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats === undefined || (stats.size === 0 && !stats.isSymbolicLink() && !stats.isDirectory());
}

/** Step 1. */
async function isHeld(lock: string): Promise<boolean> {
  for (const name of socketsIn(lock)) {
    const path = join(lock, name);
    if (!isNothing(path)) throw new UnusableFile(`${path} is no lock, and ${lock} holds nothing else`);
    if (await withShortPath(lock, name, isAlive)) return true;
    attempt(() => unlinkSync(path), ["ENOENT"]);
  }
  return false;
}

const newName = (): string => randomBytes(6).toString("hex");

/** Step 2; null if another process was faster. */
async function take(lock: string): Promise<(() => void) | null> {
  const name = newName();
  const own = `${lock}.${name}`;
  mkdirSync(own, { mode: 0o700 });
  let server: Server | null = null;
  try {
    server = await withShortPath(own, name, listenAt);
    const listening = server;
    if (attempt(() => renameSync(own, lock), ["ENOTEMPTY", "EEXIST"])) return () => giveBack(lock, name, listening);
  } catch (error) {
    server?.close();
    // Step 3 of another process.
    if (!existsSync(own)) return null;
    rmSync(own, { recursive: true, force: true });
    throw error;
  }
  server.close();
  rmSync(own, { recursive: true, force: true });
  return null;
}

/** What follows a lock's name in that of a folder of step 2. */
const ATTEMPT = /^\.lock\.[0-9a-f]{12}$/;

/** Step 3. */
async function clearLeftovers(file: string): Promise<void> {
  const [folder, begin] = [dirname(file), basename(file)];
  for (const name of readdirSync(folder)) {
    const [path, end] = [join(folder, name), name.slice(begin.length)];
    if (!name.startsWith(begin)) continue;
    if (DRAFT.test(end)) attempt(() => unlinkSync(path), ["ENOENT", "EISDIR", "EPERM"]);
    if (ATTEMPT.test(end)) await clearAttempt(path, `${file}.lock.${newName()}`);
  }
}

async function clearAttempt(path: string, away: string): Promise<void> {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined || !stats.isDirectory() || isForeign(stats)) return;
  const sockets: string[] = [];
  if (!attempt(() => void sockets.push(...readdirSync(path)), ["ENOENT"])) return;
  for (const name of sockets) if (await withShortPath(path, name, isAlive)) return;
  if (attempt(() => renameSync(path, away), ["ENOENT"])) rmSync(away, { recursive: true, force: true });
}

/** Step 4. */
function giveBack(lock: string, name: string, server: Server): void {
  attempt(() => unlinkSync(join(lock, name)), ["ENOENT"]);
  server.close();
  attempt(() => rmdirSync(lock), ["ENOENT", "ENOTEMPTY", "EEXIST"]);
}

/** On Windows, where a name of a pipe is one process's and ends with it. */
async function takePipe(file: string): Promise<(() => void) | null> {
  const name = createHash("sha256").update(resolve(file).toLowerCase()).digest("hex");
  try {
    const server = await listenAt(`\\\\.\\pipe\\countersign-${name}`);
    return () => void server.close();
  } catch (error) {
    if (codeOf(error) === "EADDRINUSE") return null;
    throw error;
  }
}

/**
 * Locks `FILE.lock` for as long as this process lives, or until the answer is called; null if a process has it already, this one
 * included. The folder of `file` has to be there. Throws if its file system keeps no sockets, and an UnusableFile if something that
 * is no lock has that name.
 */
export async function holdLock(file: string): Promise<(() => void) | null> {
  if (process.platform === "win32") return await takePipe(file);
  const lock = `${file}.lock`;
  const release = (await isHeld(lock)) ? null : await take(lock);
  if (release === null) return null;
  try {
    await clearLeftovers(file);
    return release;
  } catch (error) {
    release();
    throw error;
  }
}
