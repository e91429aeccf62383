/** The fields of introduction-fields.tsx: what was typed, and what is wrong with it. */
import { USERNAME_PATTERN } from "#countersign/documents/words.ts";
import { byId, control, tellField } from "./page.ts";
import type { Problem } from "./post.ts";

const BAD_USERNAME = "Start with a small letter or a digit; then also dots, dashes and underscores, 32 characters in all.";

const FIELDS = ["username", "display_name"] as const;
export type Introduction = Record<(typeof FIELDS)[number], string>;

const enteredIn = (name: (typeof FIELDS)[number]): string => control(name, HTMLInputElement).value.trim();

/** What was typed; null, said beside the field, if something is wrong with it. */
export function readIntroduction(): Introduction | null {
  const entered = { username: enteredIn("username"), display_name: enteredIn("display_name") };
  const faults: Introduction = {
    username: USERNAME_PATTERN.test(entered.username) ? "" : BAD_USERNAME,
    display_name: entered.display_name === "" ? "Enter a name." : "",
  };
  for (const name of FIELDS) tellField(name, faults[name]);
  const first = FIELDS.find((name) => faults[name] !== "");
  if (first === undefined) return entered;
  byId(first).focus();
  return null;
}

/** Says beside each field what the server found wrong with it; gives what is left to tell. */
export function explainFields(problem: Problem): string {
  const unplaced = problem.errors.filter(({ field, message }) => !tellField(field, message));
  if (problem.errors.length === 0) return problem.detail;
  return unplaced.map(({ field, message }) => `${field}: ${message}`).join(" ");
}

/** The secret in the address, which it leaves at once. */
export function takeFragment(): string {
  const secret = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  // The link, opened where this page is open already, changes the fragment and nothing else.
  addEventListener("hashchange", () => location.reload());
  return secret;
}
