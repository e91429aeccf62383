/** Files that are written whole or not at all, and read only if nobody else can have written them. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, type Stats, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hasPlainFile, readPlainFile } from "#countersign/cli/files/plain-file.ts";
import { makeFile, replaceFile } from "#countersign/cli/files/replace-file.ts";
import { folderTrouble, pathTrouble } from "#countersign/cli/files/trusted-folders.ts";
import { holdLock } from "#countersign/cli/files/hold-lock.ts";

const MODULE = new URL("../../../packages/countersign/src/cli/files/replace-file.ts", import.meta.url).href;
/** Replaces a file again and again, with what is long enough to be caught at it. */
const REPLACER = `
  const { replaceFile } = await import(process.argv[1]);
  for (let round = 0; ; round++) {
    await replaceFile(process.argv[2], String(round % 10).repeat(5_000_000));
    console.log("replaced");
  }
`;

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "countersign-file-"));
  file = join(folder, "file");
});
afterEach(() => rmSync(folder, { recursive: true }));

const modeOf = (path: string): number => lstatSync(path).mode & 0o777;

describe("a file that is replaced", () => {
  it.each([0, 0o022, 0o077, 0o777])("is its user's alone, whatever the umask and its mode before: umask %i", async (umask) => {
    writeFileSync(file, "before", { mode: 0o666 });
    const before = process.umask(umask);
    try {
      await replaceFile(file, "after");
      await makeFile(`${file}-made`, "made");
    } finally {
      process.umask(before);
    }
    expect([modeOf(file), modeOf(`${file}-made`), readFileSync(file, "utf8")]).toEqual([0o600, 0o600, "after"]);
    expect(readdirSync(folder)).toEqual(["file", "file-made"]);
  });

  it("is whole, the one before or the one after, whenever its process is killed; whoever locks it next clears what is left", async () => {
    await replaceFile(file, "0".repeat(5_000_000));
    let left = 0;
    for (let round = 0; round < 5; round++) {
      const child = spawn(process.execPath, ["--input-type=module", "--eval", REPLACER, MODULE, file], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      await once(child.stdout, "data");
      // Somewhere within the next one.
      while (readdirSync(folder).length < 2) await new Promise((wake) => setImmediate(wake));
      child.kill("SIGKILL");
      await once(child, "exit");
      const content = readFileSync(file, "utf8");
      expect([content.length, new Set(content).size]).toEqual([5_000_000, 1]);
      left += readdirSync(folder).length - 1;
    }
    expect(left).toBeGreaterThan(0);
    (await holdLock(file))?.();
    expect(readdirSync(folder)).toEqual(["file"]);
  });

  it("leaves no draft if it cannot be", async () => {
    mkdirSync(file);
    await expect(replaceFile(file, "after")).rejects.toThrow("is not a plain file");
    await expect(replaceFile(join(folder, "none", "file"), "after")).rejects.toThrow("ENOENT");
    expect(readdirSync(folder)).toEqual(["file"]);
  });

  it("may have another name too, which keeps what it had", async () => {
    writeFileSync(file, "before");
    execFileSync("ln", [file, `${file}-2`]);
    await replaceFile(file, "after");
    expect([readFileSync(file, "utf8"), readFileSync(`${file}-2`, "utf8")]).toEqual(["after", "before"]);
  });
});

it("a file that is made is made once, and never through a link", async () => {
  expect([await makeFile(file, "first"), await makeFile(file, "second"), readFileSync(file, "utf8")]).toEqual([true, false, "first"]);
  symlinkSync(join(folder, "nothing"), `${file}-link`);
  expect(await makeFile(`${file}-link`, "third")).toBe(false);
  expect(readdirSync(folder)).toEqual(["file", "file-link"]);
});

describe("a file that is read", () => {
  it("is not waited for, nor followed: a pipe and a link are no plain files", async () => {
    execFileSync("mkfifo", [file]);
    await expect(readPlainFile(file, 1_000)).rejects.toThrow(`${file} is not a plain file`);
    symlinkSync(join(folder, "nothing"), `${file}-link`);
    await expect(readPlainFile(`${file}-link`, 1_000)).rejects.toThrow("is a symbolic link");
    expect(() => hasPlainFile(`${file}-link`)).toThrow("is a symbolic link");
    expect([await readPlainFile(join(folder, "none"), 1_000), hasPlainFile(join(folder, "none"))]).toEqual([null, false]);
  });
});

describe("a folder is trusted", () => {
  const stats = (change: Partial<Stats>) => Object.assign(lstatSync(folder), change);
  /** An id that owns nothing here. */
  const SOMEBODY = 54_321;

  it("if it is root's or this user's, and only they may write to it", () => {
    expect(folderTrouble(folder, stats({}))).toBeNull();
    expect(folderTrouble(folder, stats({ uid: 0 }))).toBeNull();
    expect(folderTrouble(folder, stats({ uid: SOMEBODY }))).toContain("belongs to somebody else");
    expect(folderTrouble(folder, stats({ mode: 0o40757 }))).toContain("others may write to");
    expect(folderTrouble(folder, stats({ mode: 0o40770, gid: SOMEBODY }))).toContain("others may write to");
    expect(folderTrouble(folder, stats({ mode: 0o40770, gid: process.getgid?.() ?? 0 }))).toBeNull();
    expect(folderTrouble(folder, stats({ mode: 0o41777 }))).toBeNull();
    expect(folderTrouble(folder, stats({ mode: 0o41777, uid: SOMEBODY }))).toContain("belongs to somebody else");
  });

  it("with all that are on the way to it, links' own way included", () => {
    const [open, inner, link] = [join(folder, "open"), join(folder, "open", "inner"), join(folder, "link")];
    mkdirSync(open);
    mkdirSync(inner);
    symlinkSync(inner, link);
    expect([pathTrouble(inner), pathTrouble(join(link, "not-there-yet"))]).toEqual([null, null]);
    execFileSync("chmod", ["777", open]);
    for (const path of [inner, join(inner, "not-there-yet"), link, join(link, "further")])
      expect(pathTrouble(path)).toContain(`others may write to ${open}`);
  });
});
