/** The memory of logs between one command and the next: one file, replaced whole, one process at a time. */
import { join } from "node:path";
import { fromUtf8, hex, sha256, utf8 } from "../../encoding/bytes.ts";
import { accept, refuse, type Result } from "../../result.ts";
import { formatLogs, parseLogs } from "../../sdk/approvals/kept-logs.ts";
import type { LogMemory, RememberedLogs } from "../../sdk/log-memory.ts";
import type { Surroundings } from "../command.ts";
import { holdLock } from "./hold-lock.ts";
import { complaintOf, readPlainFile } from "./plain-file.ts";
import { replaceFile } from "./replace-file.ts";
import { folderComplaint, makeStateFolder, stateFolder } from "./state-folder.ts";

/** Of the file: thousands of logs, or dozens with the longest checkpoints. */
const MAX_MEMORY_BYTES = 16 * 1024 * 1024;
/** How long another process may take to write what it has seen. */
const PATIENCE_MS = 10_000;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 160;

/** What the file holds; nothing if there is none. Refuses whatever else it may be, and says which file. */
async function readLogs(folder: string, file: string): Promise<Result<RememberedLogs, string>> {
  const refusal = (why: string) => refuse(`${file}, which remembers logs, cannot be used: ${why}`);
  try {
    const complaint = folderComplaint(folder);
    if (complaint !== null) return refuse(complaint);
    const content = await readPlainFile(file, MAX_MEMORY_BYTES);
    const logs = content === null ? accept([]) : parseLogs(fromUtf8(content));
    return logs.ok ? logs : refusal(`it is damaged, or of another version (${logs.refusal})`);
  } catch (error) {
    return refusal(complaintOf(error));
  }
}

/** Does something that no other process does meanwhile to this file, whose folder is made if there is none. */
async function alone<T>(folder: string, file: string, act: () => Promise<Result<T, string>>): Promise<Result<T, string>> {
  try {
    const complaint = await makeStateFolder(folder);
    if (complaint !== null) return refuse(complaint);
    const deadline = Date.now() + PATIENCE_MS;
    let release = await holdLock(file);
    for (let pause = FIRST_PAUSE_MS; release === null; pause = Math.min(LONGEST_PAUSE_MS, pause * 2)) {
      if (Date.now() > deadline) return refuse(`another process has held ${file}.lock for ${PATIENCE_MS / 1_000} s`);
      await new Promise((wake) => setTimeout(wake, pause));
      release = await holdLock(file);
    }
    try {
      return await act();
    } finally {
      release();
    }
  } catch (error) {
    return refuse(`${folder} cannot be written to: ${complaintOf(error)}. COUNTERSIGN_STATE names another`);
  }
}

/** The memory in the folder that the environment names, by default `~/.local/state/countersign`. */
export function logMemoryFile(surroundings: Pick<Surroundings, "environment">): LogMemory {
  const folder = stateFolder(surroundings);
  const file = join(folder, "logs.json");
  return {
    where: file,
    read: () => readLogs(folder, file),
    replace: (before, after) =>
      alone(folder, file, async () => {
        const held = await readLogs(folder, file);
        if (!held.ok) return held;
        const isStill = formatLogs(held.value) === formatLogs(before);
        if (isStill) await replaceFile(file, formatLogs(after));
        return accept(isStill);
      }),
    keepEvidence: (evidence) =>
      alone(folder, file, async () => {
        const kept = join(folder, `evidence-${hex(sha256(utf8(evidence))).slice(0, 16)}.json`);
        await replaceFile(kept, evidence);
        return accept(kept);
      }),
  };
}
