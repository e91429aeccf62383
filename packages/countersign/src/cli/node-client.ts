/**
 * `countersign`, as Node, Deno and Bun import it: the same, except that what is first seen of a log is kept where the command line keeps it,
 * unless the program gives the log's key or a memory of its own.
 */
import { Countersign, type CountersignOptions, type LogMemory, type Result } from "../exports/client.ts";
import { logMemoryFile } from "./files/log-memory-file.ts";

export * from "../exports/client.ts";

/** Says what else would help, where the file cannot be used; null where a program may not even ask for its place, as in Deno. */
function fileMemory(): LogMemory | null {
  let memory: LogMemory;
  try {
    memory = logMemoryFile({ environment: process.env });
  } catch {
    return null;
  }
  const advised = <T>(answer: Result<T, string>): Result<T, string> =>
    answer.ok ? answer : { ok: false, refusal: `${answer.refusal}. Give logKey, and nothing has to be kept` };
  return {
    ...memory,
    read: async () => advised(await memory.read()),
    replace: async (before, after) => advised(await memory.replace(before, after)),
  };
}

class FileKeepingCountersign extends Countersign {
  constructor(options: CountersignOptions) {
    const memory = options.memory === undefined && options.logKey === undefined ? fileMemory() : null;
    super(memory === null ? options : { ...options, memory });
  }
}

export { FileKeepingCountersign as Countersign };
