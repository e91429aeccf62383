/**
 * What is remembered of logs between one receipt and the next, and the port for where that is kept. Whoever remembers nothing
 * can be shown one log today and another tomorrow. What is compared with it is remember-checkpoint.ts.
 */
import { accept, type Result } from "../result.ts";

/** One log. */
export interface RememberedLog {
  /** The origin line. */
  log: string;
  /** Where it was read, such as `https://gate.example.com/log`. Another log there is not believed to be a new one. */
  urls: readonly string[];
  /** The verifier keys it has had since it is known, each led to by the one before it; the last is the newest. */
  vkeys: readonly string[];
  /** The newest checkpoint that was seen, verbatim: signed by one of these keys. */
  checkpoint: string;
}

/** All logs, each once. */
export type RememberedLogs = readonly RememberedLog[];

/** Where it is kept. What cannot be read is refused with a sentence for a person, never taken for nothing. */
export interface LogMemory {
  /** For a person who has to look there: a file, or what else it is. */
  where: string;
  read(): Promise<Result<RememberedLogs, string>>;
  /**
   * Keeps `after` instead of `before`, which `read` gave: true once that is durable. False, and nothing is kept, if something
   * else is kept by now, whoever kept it.
   */
  replace(before: RememberedLogs, after: RememberedLogs): Promise<Result<boolean, string>>;
  /** Keeps what proves that a log contradicts itself, and says where; null if it is left to whoever is told. */
  keepEvidence(evidence: string): Promise<Result<string | null, string>>;
}

/** A memory that ends with the process. */
export function processMemory(): LogMemory {
  let held: RememberedLogs = [];
  return {
    where: "this process",
    read: () => Promise.resolve(accept(held)),
    replace: (before, after) => {
      const isStill = held === before;
      if (isStill) held = after;
      return Promise.resolve(accept(isStill));
    },
    keepEvidence: () => Promise.resolve(accept(null)),
  };
}
