/** `--json`: standard output is one document however a command ends, also where it was refused before it did anything. */
import type { Outcome } from "./command.ts";
import { asciiJson } from "./visible.ts";

/** The first line that a command says of what went wrong, without the words that it begins with. */
const complaintIn = (stderr: string): string => (stderr.split("\n", 1)[0] ?? "").replace(/^countersign(?: [a-z-]+)?: /, "");

/** The outcome with an error as its document, if it failed and nothing was printed; what it says on standard error stays. */
export function withJsonAnswer(outcome: Outcome, hasPrinted: boolean): Outcome {
  const { exitCode, stdout = "", stderr = "" } = outcome;
  if (exitCode === 0 || stdout !== "" || hasPrinted) return outcome;
  const complaint = complaintIn(stderr);
  // As commands tell what the service has said: its words, and its code in brackets.
  const [, said, code] = /^(.*) \(([a-z]+(?:_[a-z]+)*)\)$/.exec(complaint) ?? [];
  if (exitCode !== 2 && said !== undefined) return { ...outcome, stdout: asciiJson({ error: { code, message: said } }) };
  const error = { code: exitCode === 2 ? "unusable_arguments" : "failed", message: complaint };
  return { ...outcome, stdout: asciiJson({ error }) };
}
