/** No file is read further than it may go: by its size if that is said, by what comes if it is not. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { logMemoryFile } from "#countersign/cli/files/log-memory-file.ts";
import { readFileAtMost } from "#countersign/cli/files/read-file-at-most.ts";
import { MonitorState } from "#countersign/cli/monitor/monitor-state.ts";
import { readState } from "#countersign/cli/witness/witness-files.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "countersign-files-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A file that takes no room on the disk. */
function hollow(name: string, bytes: number): string {
  const file = join(folder, name);
  writeFileSync(file, "");
  truncateSync(file, bytes);
  return file;
}

it("has as many bytes as it may, and not one more", async () => {
  expect((await readFileAtMost(hollow("fits", 100_000), 100_000))?.length).toBe(100_000);
  expect(await readFileAtMost(hollow("more", 100_001), 100_000)).toBeNull();
  expect(await readFileAtMost(hollow("far more", 1024 ** 4), 100_000)).toBeNull();
});

it("has no size that it tells, and no end", async () => {
  expect(await readFileAtMost("/dev/zero", 1_000_000)).toBeNull();
});

it("holds what a command remembers, and is refused", async () => {
  hollow("logs.json", 16 * 1024 ** 2 + 1);
  const memory = logMemoryFile({ environment: { COUNTERSIGN_STATE: folder } });
  expect(await memory.read()).toMatchObject({ ok: false, refusal: expect.stringContaining("larger than 16777216 bytes") as string });
  const monitor = MonitorState.open(hollow("monitor", 1024 ** 4), "https://gate.example.com/log");
  await expect(monitor).rejects.toThrow("larger than 16777216 bytes");
  await expect(readState(hollow("witness", 64 * 1024 ** 2 + 1))).rejects.toThrow("larger than 67108864 bytes");
});
