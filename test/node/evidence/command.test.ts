import { mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { verifyBundleCommand } from "#countersign/cli/verify/verify-bundle.ts";
import { runCommand } from "#test/support/cli/command-line.ts";
import { LoggedEvidence, type MadeFiles } from "#test/support/evidence/logged-evidence.ts";
import { makeWorld, ORIGIN, type World } from "#test/support/documents/sealed-receipt.ts";

let folder: string;
let world: World;
let made: MadeFiles;

function unpack(name: string, files: MadeFiles): void {
  for (const [file, bytes] of files) {
    mkdirSync(dirname(join(folder, name, file)), { recursive: true });
    writeFileSync(join(folder, name, file), bytes);
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "countersign-bundle-"));
  world = await makeWorld();
  const logged = LoggedEvidence.begun(world);
  for (let nth = 0; nth < 3; nth += 1) await logged.decided(nth);
  logged.erase(logged.size - 1);
  made = await logged.bundle();
  unpack("bundle", made);
  writeFileSync(join(folder, "bundle.zip"), zipSync(Object.fromEntries(made)));
});
afterAll(() => rmSync(folder, { recursive: true }));

const run = (...args: string[]) => runCommand(verifyBundleCommand, args, folder);
const trusted = (...args: string[]) => run(...args, "--vkey", world.trust.vkey, "--origin", ORIGIN);

describe("verify-bundle", () => {
  test("says of a zip file and of its folder the same: who approved what, by which keys, and that nothing is missing", async () => {
    const [zip, unpacked] = [await trusted("bundle.zip"), await trusted("bundle")];
    expect(zip).toEqual(unpacked);
    expect(zip.exitCode).toBe(0);
    expect(zip.stdout).toContain("Valid: nothing is missing between leaf 0 and leaf 12 of gate.example.com/log.");
    expect(zip.stdout).toContain("12 leaves: 11 shown, 1 withheld or erased");
    expect(zip.stdout).toMatch(/approved by blair \(usr_blair\) at 2026-11-20T09:05:00.000Z, key SHA-256 [0-9a-f]{64}/);
    expect(zip.stdout).toContain("under production-deploys of policy version 1");
    expect(zip.stdout).toContain("2 requests ended:");
    expect(zip.stdout).toContain(`apr_${"2".padStart(32, "0")} ended too; its receipt cannot be made any more (erased).`);
  });

  test("says the same to programs", async () => {
    const { exitCode, stdout } = await trusted("bundle.zip", "--json");
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      valid: true,
      log: "gate.example.com/log",
      first: { size: 0 },
      last: { size: 12 },
      entries: { shown: 11, withheld: 1 },
      receipts: [{ status: "approved" }, { status: "approved" }],
      missing_receipts: [{ reason: "erased" }],
      policies: [{ version: 1 }],
      witnesses: null,
    });
  });

  test("names the file that is wrong", async () => {
    unpack("changed", new Map([...made, ["entries.ndjson", new TextEncoder().encode("{}\n")]]));
    expect(await trusted("changed")).toMatchObject({
      exitCode: 1,
      stdout: "Not valid: entries_mismatch\nentries.ndjson: Line 1 is no entry: index: missing member.\n",
    });
    expect(JSON.parse((await trusted("changed", "--json")).stdout)).toMatchObject({
      valid: false,
      code: "entries_mismatch",
      file: "entries.ndjson",
    });
  });

  test("follows no link, and takes nothing for a file of the bundle that is none", async () => {
    unpack("linked", made);
    unlinkSync(join(folder, "linked", "README.md"));
    symlinkSync(join(folder, "bundle", "README.md"), join(folder, "linked", "README.md"));
    expect(await trusted("linked")).toMatchObject({ exitCode: 1, stdout: expect.stringContaining("no bundle has: README.md") as string });
    unpack("deep", new Map([...made, ["receipts/more/x.json", new Uint8Array()]]));
    expect((await trusted("deep")).exitCode).toBe(1);
    unpack("hidden", new Map([...made, [".hidden", new Uint8Array()]]));
    expect((await trusted("hidden")).exitCode).toBe(1);
    writeFileSync(join(folder, "text.zip"), "not a zip");
    expect(await trusted("text.zip")).toMatchObject({ exitCode: 1, stdout: expect.stringContaining("It is not a zip file") as string });
  });

  test.each<[string[], string]>([
    [[], "name one bundle"],
    [["bundle.zip", "--origin", ORIGIN], "--vkey is missing"],
    [["bundle.zip", "--vkey", "x", "--origin", ORIGIN], "the log key is not"],
    [["bundle.zip", "--vkey", "x"], "--origin is missing"],
    [["bundle.zip", "more", "--vkey", "x", "--origin", ORIGIN], "name one bundle"],
  ])("cannot use %j", async (args, complaint) => {
    const { exitCode, stderr } = await run(...args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(complaint);
  });

  test("cannot use a file that is not there", async () => {
    expect(await trusted("absent.zip")).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("there is no such file") as string });
  });
});
