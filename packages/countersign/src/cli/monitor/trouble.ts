/** What a monitor finds wrong with a log. */
import { accept, type Result } from "../../result.ts";
import type { Doubt } from "../../sdk/known-log.ts";
import type { LogRefused } from "../../sdk/log-client.ts";

export interface Trouble {
  code:
    | LogRefused["code"]
    | Doubt["code"]
    /** It serves an older checkpoint than before, though one of the same log. */
    | "older"
    /** Entries, tiles and the signed root do not fit together. */
    | "tree_mismatch"
    /** The leaves that name the log's keys do not lead to the key that has signed. */
    | "keys_mismatch"
    | "witnesses_missing"
    | "stale";
  /** For a person. */
  message: string;
  /** Whether it may be over in a moment, as caches and networks are: nothing is proven by it. */
  mayPass: boolean;
  /** The file that proves it to anybody, if there is one. */
  evidence?: string | null;
}

/** What a log did not answer, or not as it should. */
export const unanswered = ({ code, message }: LogRefused): Trouble => ({ code, message, mayPass: true });

export const mismatch = (message: string): Trouble => ({ code: "tree_mismatch", message, mayPass: false });

/** The values of all, or the first trouble. */
export function all<T>(results: readonly Result<T, Trouble>[]): Result<T[], Trouble> {
  const values: T[] = [];
  for (const result of results) {
    if (!result.ok) return result;
    values.push(result.value);
  }
  return accept(values);
}
