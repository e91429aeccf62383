/** What is uploaded to the edge, and what a phone loads to decide, stay small. */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

/** `Worker    301.4 KiB of 310.0 KiB` */
const LINE = /^(\w[\w ]*\w) +([\d.]+) KiB of ([\d.]+) KiB$/gm;

test("the Worker and the pages are within their limits", () => {
  const { status, stdout, stderr } = spawnSync("node", ["scripts/run.mjs", "size"], { encoding: "utf8" });
  const measured = [...stdout.matchAll(LINE)].map(([, name, size, limit]) => ({ name, size: Number(size), limit: Number(limit) }));
  expect(measured, stderr).toEqual([
    { name: "Worker", size: expect.any(Number), limit: 860 },
    { name: "Approval page", size: expect.any(Number), limit: 60 },
    { name: "Batch page", size: expect.any(Number), limit: 62 },
    { name: "Verify page", size: expect.any(Number), limit: 50 },
    { name: "Policy page", size: expect.any(Number), limit: 220 },
  ]);
  for (const { size, limit } of measured) {
    expect(size).toBeGreaterThan(5);
    expect(size).toBeLessThanOrEqual(limit);
  }
  expect(status, stdout).toBe(0);
});
