/** What the service on this machine keeps: its owner's alone, whoever made it, and nowhere else than it seems. */
import { execFile } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { copyOfCheckout, secretsOf } from "#test/support/service/checkout.ts";
import { Person } from "#test/support/service/person.ts";
import { freePort, launch, type Service, startService } from "#test/support/service/service.ts";
import { uploadedScript } from "#test/support/deploy/uploaded-script.ts";

let root: string;
let folder: string;
beforeAll(() => {
  root = copyOfCheckout();
  folder = mkdtempSync(join(tmpdir(), "countersign-files-"));
});
afterAll(() => {
  for (const made of [root, folder]) rmSync(made, { recursive: true });
});

const started: Service[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((service) => service.kill()));
});
async function start(stateDir: string, port?: number): Promise<Service> {
  const service = await startService({ root, stateDir, ...(port !== undefined && { port }) });
  started.push(service);
  return service;
}

/** Everything at and below a path, with its mode. */
function modesOf(path: string): [path: string, mode: string][] {
  const stats = lstatSync(path);
  const below = stats.isDirectory() ? readdirSync(path).flatMap((name) => modesOf(join(path, name))) : [];
  const kind = stats.isDirectory() ? "d" : stats.isSocket() ? "s" : "f";
  return [[path, `${kind} ${(stats.mode & 0o7777).toString(8)}`], ...below];
}
/** A socket, which is a lock, is made with 0700 and tightened like a file at the next start. */
const OWNERS_ALONE = ["d 700", "f 600", "s 700", "s 600"];
const tooWide = (path: string) => modesOf(path).filter(([, mode]) => !OWNERS_ALONE.includes(mode));

describe("others on this machine", () => {
  test("reading the database, the objects or the secrets: every file is its owner's alone", async () => {
    const service = await start(join(folder, "made", "anew"));
    const person = await Person.enrolFirst(service);
    await person.makeAgent("bot");
    expect(modesOf(service.stateDir).length).toBeGreaterThan(10);
    expect(tooWide(service.stateDir)).toEqual([]);
    expect(tooWide(join(root, ".dev.vars"))).toEqual([]);
    await service.stop();
    expect(tooWide(service.stateDir)).toEqual([]);
  });

  test("reading what an earlier version left open: it is closed, and its log goes on", async () => {
    const stateDir = join(folder, "earlier");
    const port = await freePort();
    await start(join(folder, "for-its-secrets")).then((service) => service.stop());
    const before = await runAsBefore(stateDir, port);
    mkdirSync(join(stateDir, "v3", "observability"));
    writeFileSync(join(stateDir, "environment.vars"), "LOG_NEXT_SIGNING_KEY=old\n");
    for (const [path, mode] of modesOf(stateDir)) chmodSync(path, mode.startsWith("d") ? 0o755 : 0o644);
    chmodSync(join(root, ".dev.vars"), 0o644);

    const service = await start(stateDir, port);
    // The root is of a genesis with a time and salts of its own: no log begun anew has it.
    expect(before).toMatch(/^localhost:\d+\/log\n1\n\S{44}$/);
    expect(await headAt(service.origin)).toBe(before);
    expect(tooWide(stateDir)).toEqual([]);
    expect(tooWide(join(root, ".dev.vars"))).toEqual([]);
    expect(existsSync(join(stateDir, "environment.vars")) || existsSync(join(stateDir, "v3", "observability"))).toBe(false);
  });

  /** Origin, size and root of the newest checkpoint. */
  const headAt = async (origin: string): Promise<string> =>
    (await (await fetch(`${origin}/log/checkpoint`)).text()).split("\n").slice(0, 3).join("\n");

  /** Tables by wrangler's own hand, and the layout of `wrangler dev`, which earlier versions ran. */
  async function runAsBefore(stateDir: string, port: number): Promise<string> {
    const migrate = ["d1", "migrations", "apply", "DB", "--local", "--persist-to", stateDir];
    await promisify(execFile)(join(root, "node_modules", ".bin", "wrangler"), migrate, { cwd: root });
    const runtime = new Miniflare(
      convertV4MiniflareOptions({
        name: "countersign",
        modules: [{ type: "ESModule", path: "worker.js", contents: await uploadedScript(root) }],
        compatibilityDate: "2026-10-15",
        bindings: { ...secretsOf(root), PUBLIC_ORIGIN: `http://localhost:${port}` } as Record<string, string>,
        d1Databases: { DB: "00000000-0000-0000-0000-000000000000" },
        durableObjects: {
          APPROVAL_REQUEST: { className: "ApprovalRequest", useSQLite: true },
          LOG_SEQUENCER: { className: "LogSequencer", useSQLite: true },
        },
        serviceBindings: { ASSETS: () => new Response(null, { status: 404 }) as never },
        resourcePersistencePath: join(stateDir, "v3"),
        host: "127.0.0.1",
        port,
      }),
    );
    try {
      await runtime.ready;
      return await headAt(`http://localhost:${port}`);
    } finally {
      await runtime.dispose();
    }
  }
});

describe("a link where the service would write", () => {
  /** What the link leads to; nothing of it may change. */
  function target(kind: "file" | "folder"): string {
    const path = join(mkdtempSync(join(folder, "target-")), kind);
    if (kind === "file") writeFileSync(path, "theirs", { mode: 0o644 });
    else mkdirSync(path, { mode: 0o755 });
    return path;
  }

  test.each([
    ["the state's folder", "folder", ""],
    ["a folder of the database", "folder", "v3/d1"],
    ["a folder of the objects", "folder", "v3/do/countersign-LogSequencer"],
    ["a file of the database", "file", "v3/d1/miniflare-D1DatabaseObject/metadata.sqlite-wal"],
    ["the lock", "file", "service.lock"],
    ["the stamp of the migrations", "file", "migrations-applied"],
  ] as const)("%s: the start is refused, and what it leads to is as it was", async (_, kind, path) => {
    const stateDir = join(mkdtempSync(join(folder, "planted-")), "state");
    const link = join(stateDir, path);
    const to = target(kind);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(to, link);
    const { ended, stderr } = await launch({ root, stateDir });
    expect(await ended).toBe(1);
    expect(stderr.join("\n")).toContain(`countersign: ${link.replace(/\/$/, "")} is a symbolic link`);
    if (kind === "file") expect([readFileSync(to, "utf8"), modesOf(to)]).toEqual(["theirs", [[to, "f 644"]]]);
    else expect(modesOf(to)).toEqual([[to, "d 755"]]);
  });

  test("a folder above the state's: the start is refused, and says what it leads to", async () => {
    const to = target("folder");
    const link = join(folder, "above");
    symlinkSync(to, link);
    const { ended, stderr } = await launch({ root, stateDir: join(link, "state") });
    expect(await ended).toBe(1);
    expect(stderr.join("\n")).toContain(`countersign: ${link} is a symbolic link; name what it leads to: ${to}`);
    expect(readdirSync(to)).toEqual([]);
  });

  test("a folder above the state's that others may write to: the start is refused", async () => {
    const open = mkdtempSync(join(folder, "open-"));
    chmodSync(open, 0o777);
    const { ended, stderr } = await launch({ root, stateDir: join(open, "state") });
    expect(await ended).toBe(1);
    expect(stderr.join("\n")).toContain(`countersign: others may write to ${open}`);
    expect(readdirSync(open)).toEqual([]);
  });

  test("the file of the secrets, leading to a file or to nothing: the start is refused, and nothing is written there", async () => {
    const secrets = join(root, ".dev.vars");
    for (const to of [target("file"), join(mkdtempSync(join(folder, "target-")), "nothing")]) {
      const before = existsSync(to);
      rmSync(secrets, { force: true });
      symlinkSync(to, secrets);
      const { ended, stderr } = await launch({ root, stateDir: mkdtempSync(join(folder, "state-")) });
      expect(await ended).toBe(1);
      expect(stderr.join("\n")).toContain(`countersign: ${secrets} is a symbolic link`);
      expect(existsSync(to)).toBe(before);
      if (before) expect([readFileSync(to, "utf8"), modesOf(to)]).toEqual(["theirs", [[to, "f 644"]]]);
      rmSync(secrets);
    }
  });
});
