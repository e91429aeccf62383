/** The order of test files: whoever works alone at the end works on something short. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** One project after the other, since a runtime serves the files of one; last the one whose files are short. */
const PROJECTS = ["e2e", "workerd", "faults", "channels", "witnesses", "node"];

/** Files that take by far longer than their size lets expect, the longest first: in a new clone nothing else is known of them. */
const LONG = [
  "e2e/service/kept-state",
  "e2e/log/operators",
  "e2e/service/start",
  "e2e/approvals/reading",
  "e2e/deploy/deploy",
  "e2e/mcp/conformance",
  "e2e/approvals/journey",
  "e2e/approvals/seen",
  "e2e/service/soak",
  "workerd/log/matrix-twice",
  "workerd/http/log-lines",
  "workerd/sessions/attacks",
  "workerd/agents/stop-races",
  "workerd/agents/stop",
  "workerd/log/matrix",
  "workerd/agents/stop.faults",
  "node/verifier/receipt-change",
  "node/cli/fsck",
  "node/tlog/merkle",
];

const isThere = (name: string): boolean =>
  ["ts", "tsx"].some((kind) => existsSync(fileURLToPath(new URL(`../${name}.test.${kind}`, import.meta.url))));

/** Where something stands in a list, or after all of it. */
const placeIn = (list: readonly string[], one: string): number => list.indexOf(one) >>> 0;

const nameOf = ({ moduleId }: TestSpecification): string => /\/test\/(.+)\.test\.tsx?$/.exec(moduleId)?.[1] ?? moduleId;

/**
 * Projects in their order; in each the long files first, then as vitest would: by how long they took here before, or by their size. Throws
 * if a file that is called long is not there.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const gone = LONG.filter((name) => !isThere(name));
    if (gone.length > 0) throw new Error(`test/support/longest-first.ts names files that are not there: ${gone.join(", ")}`);
    // oxlint-disable-next-line unicorn/no-array-sort -- a sequencer's, which leaves what it is given as it is
    const sorted = await super.sort(files);
    return sorted.toSorted(
      (one, other) =>
        placeIn(PROJECTS, one.project.name) - placeIn(PROJECTS, other.project.name) ||
        placeIn(LONG, nameOf(one)) - placeIn(LONG, nameOf(other)),
    );
  }
}
