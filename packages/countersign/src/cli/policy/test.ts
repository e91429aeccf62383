/** `countersign policy test`: runs cases against a policy, and says which rules none has reached. */
import { readPolicyCases } from "../../policy/cases/cases-document.ts";
import { type CasesResult, runCases } from "../../policy/cases/run-cases.ts";
import { checkPolicy } from "../../policy/checking/check-policy.ts";
import type { PolicyFinding } from "../../policy/document/finding.ts";
import { compile } from "../../policy/judging/compile.ts";
import { accept, refuse, type Result } from "../../result.ts";
import { fileTrouble, type Outcome, parseStrictly, readText, type Surroundings, unusable } from "../command.ts";
import { replaceFile } from "../files/replace-file.ts";
import { asciiJson, visible } from "../visible.ts";
import { findingLine } from "./check.ts";
import { junitXml } from "./junit.ts";

interface Arguments {
  file: string;
  casesFile: string;
  json: boolean;
  junit: string | null;
}

function readArguments(args: string[]): Result<Arguments, string> {
  const parsed = parseStrictly(args, { json: { type: "boolean" }, junit: { type: "string" } });
  if (!parsed.ok) return parsed;
  const { values, positionals } = parsed.value;
  const [file, casesFile, ...surplus] = positionals;
  if (file === undefined || casesFile === undefined || surplus.length > 0) return refuse("name the policy's file and that of its cases");
  return accept({ file, casesFile, json: values.json ?? false, junit: values.junit ?? null });
}

/** The text of a file; what is not UTF-8 is none. */
async function textOf(file: string): Promise<Result<string, string>> {
  const content = await readText(file);
  if (!content.ok) return content;
  return content.value === null ? refuse(`${file} is not UTF-8`) : accept(content.value);
}

/** What the command says in the end. */
export async function testCommand(args: string[], _: Surroundings, usage: string): Promise<Outcome> {
  const read = readArguments(args);
  if (!read.ok) return unusable("policy", read.refusal, usage);
  const { file, casesFile, json, junit } = read.value;
  const [policyText, casesText] = [await textOf(file), await textOf(casesFile)];
  if (!policyText.ok) return unusable("policy", policyText.refusal, usage);
  if (!casesText.ok) return unusable("policy", casesText.refusal, usage);

  const checked = checkPolicy(policyText.value);
  const errors = (checked.ok ? checked.value.findings : checked.refusal).filter(({ level }) => level === "error");
  // What is not available yet is judged without: the rest can be tested all the same.
  const [missing, wrong] = [errors.filter(({ code }) => code === "not_available"), errors.filter(({ code }) => code !== "not_available")];
  if (!checked.ok || wrong.length > 0) return notGood(file, wrong, json);
  const cases = readPolicyCases(casesText.value);
  if (!cases.ok) return notGood(casesFile, cases.refusal, json);

  const result = runCases(compile(checked.value.document), cases.value);
  if (junit !== null) {
    try {
      await replaceFile(junit, junitXml(casesFile, result));
    } catch (error) {
      return unusable("policy", `cannot write ${junit}: ${fileTrouble(error)}`, usage);
    }
  }
  const exitCode = result.results.every(({ differences }) => differences.length === 0) ? 0 : 1;
  if (json) return { exitCode, stdout: asciiJson({ passed: exitCode === 0, ...result, not_available: missing }) };
  return { exitCode, stdout: `${missing.map((one) => findingLine(file, one)).join("")}${table(result)}` };
}

const notGood = (file: string, findings: readonly PolicyFinding[], json: boolean): Outcome => ({
  exitCode: 1,
  stdout: json
    ? asciiJson({ passed: false, file, findings })
    : `${findings.map((one) => findingLine(file, one)).join("")}Not tested: ${visible(file)} is not good.\n`,
});

/** One line a case, what differed below it, and which rules no case has reached. */
function table({ results, coverage }: CasesResult): string {
  const width = Math.min(70, Math.max(...results.map(({ name }) => visible(name).length)));
  const lines = results.flatMap(({ name, differences, judgement }) => {
    const outcome = `${judgement.effect}, ${judgement.rule}, ${judgement.risk.level}`;
    const isGood = differences.length === 0;
    return [
      `${isGood ? "ok    " : "FAILED"} ${visible(name).padEnd(width)}  ${outcome}`,
      ...differences.map(({ what, expected, came }) => `         ${what}: expected ${visible(expected)}, came ${visible(came)}`),
    ];
  });
  const failed = results.filter(({ differences }) => differences.length > 0).length;
  const unreached = coverage.filter(({ cases }) => cases === 0).map(({ rule }) => rule);
  const reached = coverage.length - unreached.length;
  return [
    ...lines,
    "",
    `${results.length - failed} passed, ${failed} failed. Rules reached: ${reached} of ${coverage.length}${unreached.length === 0 ? "" : `; not ${unreached.join(", ")}`}.`,
    "",
  ].join("\n");
}
