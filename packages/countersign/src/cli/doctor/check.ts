/** One thing that was looked at: how it is, and what to do if it is not well. */

/** `not_known` is never taken for well: nobody could look, or what came could not be read. */
export type HowItIs = "ok" | "warning" | "problem" | "not_known";

export interface Check {
  /** What was looked at, such as `log`. */
  check: string;
  state: HowItIs;
  /** One sentence for a person; parts of it may be somebody else's text. */
  message: string;
  /** Null where there is nothing to do. */
  todo: string | null;
}

export const well = (check: string, message: string): Check => ({ check, state: "ok", message, todo: null });
export const warning = (check: string, message: string, todo: string): Check => ({ check, state: "warning", message, todo });
export const wrong = (check: string, message: string, todo: string): Check => ({ check, state: "problem", message, todo });
export const unseen = (check: string, message: string, todo: string): Check => ({ check, state: "not_known", message, todo });
