/** The lock that ends with its process: taken once, whoever tries at the same moment, and by the next when its holder was killed. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { holdLock } from "#countersign/cli/files/hold-lock.ts";

const CONTENDER = fileURLToPath(new URL("../../support/lock-contender.mjs", import.meta.url));
const MODULE = new URL("../../../packages/countersign/src/cli/files/hold-lock.ts", import.meta.url).href;
const HOLDER = `
  const { holdLock } = await import(process.argv[1]);
  console.log((await holdLock(process.argv[2])) === null ? "refused" : "held");
  setInterval(() => {}, 1_000);
`;

let folder = "";
let file = "";
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "countersign-lock-"));
  file = join(folder, "state.json");
});
afterEach(async () => {
  for (const child of children.splice(0)) await kill(child);
  rmSync(folder, { recursive: true });
});

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

/** A process that holds the lock, or was refused it, and stays. */
async function heldElsewhere(): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", HOLDER, MODULE, file], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  const [said] = (await once(child.stdout, "data")) as [Buffer];
  return { child, said: String(said).trim() };
}

describe("a lock", { timeout: 30_000 }, () => {
  it("is one process's, also of one that holds it itself, until it is given back", async () => {
    const release = await holdLock(file);
    expect([release, await holdLock(file), (await heldElsewhere()).said]).toEqual([expect.any(Function), null, "refused"]);
    release?.();
    expect(readdirSync(folder)).toEqual([]);
    const again = await holdLock(file);
    expect(again).not.toBeNull();
    again?.();
  });

  it("of a process that stands still is held", async () => {
    const { child, said } = await heldElsewhere();
    child.kill("SIGSTOP");
    expect([said, await holdLock(file)]).toEqual(["held", null]);
  });

  it("goes to the next one when its holder is killed, and nothing is left of that", async () => {
    const { child, said } = await heldElsewhere();
    await kill(child);
    expect([said, readdirSync(`${file}.lock`).length]).toEqual(["held", 1]);
    const release = await holdLock(file);
    release?.();
    expect([release, readdirSync(folder)]).toEqual([expect.any(Function), []]);
  });

  it("goes to exactly one of many that find it dead at the same moment", async () => {
    for (let round = 0; round < 20; round++) {
      mkdirSync(`${file}.lock`);
      writeFileSync(join(`${file}.lock`, `dead-${round}`), "");
      const taken = (await Promise.all(Array.from({ length: 12 }, () => holdLock(file)))).filter((release) => release !== null);
      expect(taken).toHaveLength(1);
      taken[0]?.();
    }
  });

  it.each(["a-name-that-is-long-enough-for-no-socket".repeat(4), "ein-Ördner ".repeat(14)])(
    "may lie in a folder of any name: %s",
    async (name) => {
      file = join(folder, name, "state.json");
      mkdirSync(join(folder, name));
      const release = await holdLock(file);
      expect([release, await holdLock(file), (await heldElsewhere()).said]).toEqual([expect.any(Function), null, "refused"]);
      release?.();
      const { child, said } = await heldElsewhere();
      await kill(child);
      expect(said).toBe("held");
      (await holdLock(file))?.();
      expect(readdirSync(join(folder, name))).toEqual([]);
    },
  );

  it("is not kept from anybody by the empty file of an older version, nor is any other file taken for one", async () => {
    writeFileSync(`${file}.lock`, "");
    (await holdLock(file))?.();
    expect(existsSync(`${file}.lock`)).toBe(false);
    writeFileSync(`${file}.lock`, "of another program");
    await expect(holdLock(file)).rejects.toThrow("ENOTDIR");
    expect(readFileSync(`${file}.lock`, "utf8")).toBe("of another program");
  });

  it("clears what processes left that were killed on their way to it, and leaves those that are still on it", async () => {
    const { child } = await heldElsewhere();
    await kill(child);
    const [dead, empty, alive] = ["a".repeat(12), "b".repeat(12), "c".repeat(12)].map((name) => `${file}.lock.${name}`) as [
      string,
      string,
      string,
    ];
    renameSync(`${file}.lock`, dead);
    for (const made of [empty, alive]) mkdirSync(made);
    const server = createServer().listen(join(alive, "socket"));
    await once(server, "listening");
    writeFileSync(`${file}.${"d".repeat(12)}.new`, "half");
    const others = ["state.json.backup.new", "state.json.lock.backup", "other.lock.aaaaaaaaaaaa"];
    for (const other of others) writeFileSync(join(folder, other), "of another program");
    const release = await holdLock(file);
    expect(readdirSync(folder).toSorted()).toEqual([...others, basename(alive), "state.json.lock"].toSorted());
    server.close();
    release?.();
    (await holdLock(file))?.();
    expect(readdirSync(folder).toSorted()).toEqual(others.toSorted());
  });

  it("is refused where a link is, or what no process with a lock leaves: nothing of anybody's is deleted", async () => {
    const theirs = join(folder, "theirs");
    mkdirSync(theirs);
    writeFileSync(join(theirs, "file"), "theirs");
    symlinkSync(theirs, `${file}.lock`);
    await expect(holdLock(file)).rejects.toThrow(`${file}.lock is a symbolic link`);
    unlinkSync(`${file}.lock`);
    renameSync(theirs, `${file}.lock`);
    await expect(holdLock(file)).rejects.toThrow("is no lock");
    expect(readFileSync(join(`${file}.lock`, "file"), "utf8")).toBe("theirs");
  });

  it("needs a folder that is there", async () => {
    await expect(holdLock(join(folder, "none", "state.json"))).rejects.toThrow("ENOENT");
  });
});

/** Lines of the ledger as the processes wrote them, one after the other. */
function expectOneAtATime(ledger: string, killed: ReadonlySet<string>): number {
  let holder: string | null = null;
  let times = 0;
  for (const line of ledger.trim().split("\n")) {
    const [sign, pid] = [line.slice(0, 1), line.slice(1)];
    if (sign === "+") {
      // A holder that was killed writes no end.
      expect(holder === null || killed.has(holder), `${pid} took it while ${String(holder)} had it`).toBe(true);
      holder = pid;
      times += 1;
    } else {
      expect(holder).toBe(pid);
      holder = null;
    }
  }
  return times;
}

it("is never held by two, while processes that hold it or are about to are killed", async () => {
  const ledger = join(folder, "ledger");
  writeFileSync(ledger, "");
  const killed = new Set<string>();
  const start = () => {
    children.push(spawn(process.execPath, [CONTENDER, MODULE, file, ledger], { stdio: ["ignore", "ignore", "inherit"] }));
  };
  for (let count = 0; count < 5; count++) start();
  while (killed.size < 12) {
    await wait(5 + Math.random() * 20);
    const seen = new Set(readFileSync(ledger, "utf8").split(/[+\-\n]+/));
    const contending = children.filter(({ pid }) => seen.has(String(pid)));
    // The first begins alone; from then on there are several.
    const victim = contending.length < 2 && killed.size > 0 ? undefined : contending[Math.floor(Math.random() * contending.length)];
    if (victim === undefined) continue;
    killed.add(String(victim.pid));
    await kill(victim);
    children.splice(children.indexOf(victim), 1);
    start();
  }
  for (const child of children.splice(0)) {
    killed.add(String(child.pid));
    await kill(child);
  }
  expect(expectOneAtATime(readFileSync(ledger, "utf8"), killed)).toBeGreaterThan(20);
  const release = await holdLock(file);
  expect(release).not.toBeNull();
  release?.();
}, 60_000);
