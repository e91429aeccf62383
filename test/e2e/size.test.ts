/** What is uploaded to the edge, and what a phone loads to decide, stay small. */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

/** `Worker    279.6 KiB of 300.0 KiB` */
const LINE = /^(?<name>\w[\w ]*\w) +(?<size>[\d.]+) KiB of (?<limit>[\d.]+) KiB$/;

test("the Worker and the approval page are within their limits", () => {
  const { status, stdout, stderr } = spawnSync("node", ["scripts/run.mjs", "size"], { encoding: "utf8" });
  const measured = stdout.split("\n").flatMap((line) => LINE.exec(line)?.groups ?? []);
  expect(
    measured.map(({ name, limit }) => [name, limit]),
    stderr,
  ).toEqual([
    ["Worker", "300.0"],
    ["Approval page", "40.0"],
  ]);
  for (const { size } of measured) expect(Number(size)).toBeGreaterThan(5);
  expect(status, stdout).toBe(0);
});
