/** The memory of logs where a platform keeps texts for a site: a browser's `localStorage`, or what is like it. */
import { accept, refuse, type Result } from "../../result.ts";
import type { LogMemory, RememberedLogs } from "../log-memory.ts";
import { formatLogs, parseLogs } from "./kept-logs.ts";

const NAME = "countersign/logs";

/** What keeps texts by name. */
export interface KeptTexts {
  getItem(name: string): string | null;
  setItem(name: string, text: string): void;
}

/** Of the platform, as far as it is needed here: not every platform's types have it. */
interface Locks {
  request<T>(name: string, act: () => T): Promise<T>;
}

/** Other pages of the site wait meanwhile, where the platform can have them wait; by itself it is one turn, in which no page here acts. */
async function alone<T>(act: () => T): Promise<T> {
  const { locks } = (globalThis as { navigator?: { locks?: Locks } }).navigator ?? {};
  return locks === undefined ? act() : await locks.request(NAME, act);
}

export function storageMemory(texts: KeptTexts, where = "this browser's storage of the site"): LogMemory {
  const read = (): Result<RememberedLogs, string> => {
    try {
      const text = texts.getItem(NAME);
      const logs = text === null ? accept([]) : parseLogs(text);
      return logs.ok ? logs : refuse(`${NAME} in ${where} is damaged, or of another version (${logs.refusal})`);
    } catch {
      return refuse(`${where} cannot be read`);
    }
  };
  return {
    where,
    read: () => Promise.resolve(read()),
    replace: (before, after) =>
      alone(() => {
        const held = read();
        if (!held.ok) return held;
        if (formatLogs(held.value) !== formatLogs(before)) return accept(false);
        try {
          texts.setItem(NAME, formatLogs(after));
          return accept(true);
        } catch {
          return refuse(`${where} cannot be written to`);
        }
      }),
    keepEvidence: () => Promise.resolve(accept(null)),
  };
}

/** Where this platform keeps texts; null if it keeps none, or not for this page. */
export function platformTexts(): KeptTexts | null {
  try {
    return (globalThis as { localStorage?: KeptTexts }).localStorage ?? null;
  } catch {
    return null;
  }
}
