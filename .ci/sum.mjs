/** Adds up the reports of test runs, one vitest JSON file each, and prints `N passed, M failed`. */
import { existsSync, readFileSync } from "node:fs";

/** A run without a report failed, and so did a file that could not be loaded, or an error outside of any test. */
function countsOf(file) {
  if (!existsSync(file)) return { passed: 0, failed: 1 };
  const { numPassedTests, numTotalTests, success, testResults } = JSON.parse(readFileSync(file, "utf8"));
  const brokenFiles = testResults.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.every((one) => one.status !== "failed"),
  );
  const failed = numTotalTests - numPassedTests + brokenFiles.length;
  return { passed: numPassedTests, failed: success || failed > 0 ? failed : 1 };
}

const counts = process.argv.slice(2).map(countsOf);
const sum = (name) => counts.reduce((total, one) => total + one[name], 0);
console.log(`${sum("passed")} passed, ${sum("failed")} failed`);
process.exitCode = sum("failed") === 0 && sum("passed") > 0 ? 0 : 1;
