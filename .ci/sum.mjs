/** Adds up test runs and prints `N passed, M failed`. Arguments: for each run its exit code and vitest's JSON report. */
import { existsSync, readFileSync } from "node:fs";

/** Only a passed test counts as passed. A run that failed for another reason than a test has one failure at least. */
function countsOf(exitCode, file) {
  const { numPassedTests = 0, numTotalTests = 0 } = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  const notPassed = numTotalTests - numPassedTests;
  const isFine = exitCode === "0" && numTotalTests > 0;
  return { passed: numPassedTests, failed: isFine ? notPassed : Math.max(notPassed, 1) };
}

let passed = 0;
let failed = 0;
const given = process.argv.slice(2);
for (let i = 0; i < given.length; i += 2) {
  const counts = countsOf(given[i], given[i + 1]);
  passed += counts.passed;
  failed += counts.failed;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
