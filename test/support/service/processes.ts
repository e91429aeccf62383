/** What runs on this machine, as Linux tells it. */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

interface Status {
  state: string;
  parent: number;
  group: number;
}

/** Null once the process is gone. The name in the second field may hold anything, so fields are counted after it. */
function statusOf(pid: number): Status | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state = "", parent, group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state, parent: Number(parent), group: Number(group) };
  } catch {
    return null;
  }
}

/** Ids of the processes of a group. Those that have ended and are not collected yet run no more. */
export const processesOf = (group: number): number[] =>
  readdirSync("/proc")
    .map(Number)
    .filter((pid) => {
      const status = Number.isInteger(pid) ? statusOf(pid) : null;
      return status?.group === group && status.state !== "Z";
    });

/** The processes whose parent is `parent`, in no order. */
export const childrenOf = (parent: number): number[] =>
  readdirSync("/proc")
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && statusOf(pid)?.parent === parent);

/** The name of the program that a process runs, at most 15 bytes of it; null once it is gone. */
export function programOf(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trimEnd();
  } catch {
    return null;
  }
}

/** Resident memory of a process in MiB; throws once it is gone. */
export const memoryMibOf = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1_024;

/** How many files and sockets a process has open; throws once it is gone. */
export const openFilesOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/** Resolves once nothing of the group runs; throws after `patienceMs`. */
export async function groupHasEnded(group: number, patienceMs: number): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (processesOf(group).length > 0) {
    if (Date.now() > deadline) throw new Error(`still running: ${processesOf(group).join(", ")}`);
    await wait(50);
  }
}
