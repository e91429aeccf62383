/** What a newcomer does: clone, `npm start`. With the Node that is on this machine and no packages but those npm fetches. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { plainEnvironment, startService } from "#test/support/service/service.ts";

const CHECKOUT = fileURLToPath(new URL("../..", import.meta.url));
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

test("a new clone comes up with npm start alone", async () => {
  const folder = mkdtempSync(join(tmpdir(), "countersign-clone-"));
  folders.push(folder);
  const clone = join(folder, "countersign");
  execFileSync("git", ["clone", "--quiet", CHECKOUT, clone], { env: plainEnvironment() });
  const service = await startService({ root: clone, command: ["npm", "start"], env: { STATE_DIR: "" }, patienceMs: 500_000 });
  expect(service.stdout.slice(-2)).toEqual([
    `Countersign is ready at ${service.origin}`,
    `First person: ${service.origin}/setup#${service.setupToken}`,
  ]);
  expect(await service.stop()).toBe(0);
  expect(execFileSync("git", ["status", "--porcelain"], { cwd: clone, encoding: "utf8" })).toBe("");
});
