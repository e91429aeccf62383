/** `countersign policy check`: what publication would refuse, and what it would warn of. */
import { checkPolicy } from "../../policy/checking/check-policy.ts";
import type { PolicyFinding } from "../../policy/document/finding.ts";
import { type Outcome, parseStrictly, readText, type Surroundings, unusable } from "../command.ts";
import { asciiJson, visible } from "../visible.ts";

/** A finding as compilers write it, so that editors find the place. */
export const findingLine = (file: string, { level, code, line, column, path, message, hint }: PolicyFinding): string => {
  const at = path === "" ? "" : ` (${visible(path)})`;
  return `${visible(file)}:${line}:${column}: ${level}: ${visible(message)} [${code}]${at}\n    ${visible(hint)}\n`;
};

const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`;

/** What the command says in the end. */
export async function checkCommand(args: string[], _: Surroundings, usage: string): Promise<Outcome> {
  const parsed = parseStrictly(args, { json: { type: "boolean" } });
  if (!parsed.ok) return unusable("policy", parsed.refusal, usage);
  const { values, positionals } = parsed.value;
  const [file, ...surplus] = positionals;
  if (file === undefined || surplus.length > 0) return unusable("policy", "name one file to check", usage);
  const content = await readText(file);
  if (!content.ok) return unusable("policy", content.refusal, usage);
  if (content.value === null) return unusable("policy", `${file} is not UTF-8`, usage);

  const checked = checkPolicy(content.value);
  const findings = checked.ok ? checked.value.findings : checked.refusal;
  const errors = findings.filter(({ level }) => level === "error").length;
  const exitCode = errors === 0 ? 0 : 1;
  const [hash, rules] = checked.ok ? [checked.value.hash, checked.value.document.rules?.length ?? 0] : [null, null];
  if (values.json === true) return { exitCode, stdout: asciiJson({ valid: errors === 0, hash, rules, findings }) };
  const warnings = findings.length - errors;
  const verdict = errors === 0 ? `Good: ${counted(rules ?? 0, "rule")}` : `Not good: ${counted(errors, "error")}`;
  const hashed = hash === null || errors > 0 ? "" : `Hash: ${hash}\n`;
  const said = warnings === 0 ? "" : `, ${counted(warnings, "warning")}`;
  return { exitCode, stdout: `${findings.map((one) => findingLine(file, one)).join("")}${verdict}${said}.\n${hashed}` };
}
