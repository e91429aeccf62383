/** Results of cases as JUnit XML, which continuous integration reads. */
import type { CasesResult } from "../../policy/cases/run-cases.ts";

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };

/** Text in XML 1.0: what may not stand there, not even as an entity, is left out as U+FFFD. */
const escaped = (text: string): string =>
  text
    .replaceAll(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, "\u{FFFD}")
    .replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);

/** One suite, named `suite`, with a case for each. */
export function junitXml(suite: string, { results }: CasesResult): string {
  const failed = results.filter(({ differences }) => differences.length > 0).length;
  const cases = results.map(({ name, differences }) => {
    const start = `    <testcase classname="${escaped(suite)}" name="${escaped(name)}"`;
    if (differences.length === 0) return `${start}/>`;
    const text = differences.map(({ what, expected, came }) => `${what}: expected ${expected}, came ${came}`).join("\n");
    return `${start}>\n      <failure message="${escaped(text.split("\n")[0] ?? "")}">${escaped(text)}</failure>\n    </testcase>`;
  });
  const counts = `tests="${results.length}" failures="${failed}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${escaped(suite)}" ${counts}>`,
    ...cases,
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}
