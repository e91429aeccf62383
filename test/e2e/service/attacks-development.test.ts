/** The doors of development servers, at everything that `npm start` and `npm run demo` listen on: none is there. */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DATABASE_ID, HEADERS, PATHS, PLANT, PLANTED, RPC_HOSTS, SQL_PATHS } from "#test/support/development-doors.ts";
import { type Answer, ask, type Asked, type Door, doorsOf, LOOPBACK } from "#test/support/listening.ts";
import { freePort, launch, type Service, startService } from "#test/support/service/service.ts";

const folders: string[] = [];
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "countersign-doors-"));
  folders.push(folder);
  return folder;
};

/** The tables of the database in a folder where it ran. */
function tablesIn(folder: string): string[] {
  const databases = join(folder, "d1", "miniflare-D1DatabaseObject");
  return readdirSync(databases)
    .filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name))
    .flatMap((name) => {
      const database = new DatabaseSync(join(databases, name));
      const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
      database.close();
      return tables.map((table) => String(table["name"]));
    });
}

let service: Service;
const nameOf = (door: Door): string => ("port" in door ? `${door.address}:${door.port}` : "a file");

beforeAll(async () => {
  service = await startService({ stateDir: newFolder() });
});
afterAll(async () => {
  await service?.stop();
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** As the Worker answers what it does not know. */
const isRefusedByTheWorker = ({ status, headers, text }: Answer): boolean =>
  headers["content-security-policy"] !== undefined && (status === 404 || status === 405 || status === 403) && text.includes('"code"');

const jsonHeaders = { "content-type": "application/json" };

test("a development server has these doors: the same table is planted there", async () => {
  const folder = newFolder();
  const runtime = new Miniflare(
    convertV4MiniflareOptions({
      modules: [{ type: "ESModule", path: "worker.js", contents: "export default { fetch: () => new Response() };" }],
      compatibilityDate: "2026-10-15",
      host: "127.0.0.1",
      port: 0,
      d1Databases: { DB: DATABASE_ID },
      resourcePersistencePath: folder,
      unsafeLocalExplorer: true,
    }),
  );
  try {
    const { port } = await runtime.ready;
    const door = { address: LOOPBACK, port: Number(port) };
    const answers = await Promise.all(
      SQL_PATHS.map((path) =>
        ask(door, { method: "POST", path: "/", headers: { ...jsonHeaders, "MF-Original-URL": `http://localhost${path}` }, body: PLANT }),
      ),
    );
    expect(answers.map(({ text }) => text).join("\n")).toContain('"success":true');
  } finally {
    await runtime.dispose();
  }
  expect(tablesIn(folder)).toContain(PLANTED);
});

/** What lets anything in. The state's lock is a socket too, which closes every connection at once and reads nothing. */
function entrances(group: number): ReturnType<typeof doorsOf> {
  return doorsOf(group).filter((door) => !("socketPath" in door) || !/[/]service\.lock[./]/.test(door.socketPath));
}

describe("what listens", () => {
  test("the gate's port, on this machine only, and a file in a folder that nobody else may enter", () => {
    const doors = entrances(service.group);
    expect(doors.map(nameOf).toSorted()).toEqual([`${LOOPBACK}:${service.port}`, "a file"].toSorted());
    for (const door of doors) {
      if (!("socketPath" in door)) continue;
      const { mode, uid } = statSync(dirname(door.socketPath));
      expect([mode & 0o777, uid]).toEqual([0o700, process.getuid?.()]);
    }
  });

  test("of the demo, from its beginning to its end: its service's port and no other", async () => {
    const port = await freePort();
    const { group, ended, stdout } = await launch({
      port,
      stateDir: newFolder(),
      command: ["node", "scripts/run.mjs", "demo", "--unattended"],
    });
    const open = new Set<string>();
    let isOver = false;
    const over = ended.finally(() => (isOver = true));
    while (!isOver) {
      for (const door of entrances(group)) open.add("port" in door ? String(door.port) : "a file");
      await wait(20);
    }
    expect(await over, stdout.join("\n")).toBe(0);
    expect([...open].toSorted()).toEqual([String(port), "a file"].toSorted());
  });
});

/** Asks at every door there is, one after the other at each. */
async function everywhere(asked: readonly Asked[]): Promise<{ door: Door; asked: Asked; answer: Answer }[]> {
  const doors = entrances(service.group);
  expect(doors.length).toBeGreaterThan(1);
  const answers = [];
  for (const door of doors) for (const one of asked) answers.push({ door, asked: one, answer: await ask(door, one) });
  return answers;
}

/** At the clock's file nothing is known of paths: it hands on the time, which costs nothing, and says how that went. */
const isTheClock = ({ status, text }: Answer): boolean => status === 200 && text === "ok";

const notRefused = (answers: Awaited<ReturnType<typeof everywhere>>) =>
  answers.filter(({ door, answer }) => !("port" in door ? isRefusedByTheWorker(answer) : isTheClock(answer)));

describe("at each of them", () => {
  test("every path that a development server or a debugger has: the Worker knows none", async () => {
    expect(PATHS.length).toBeGreaterThan(25);
    const asked = PATHS.flatMap((path): Asked[] => [{ path }, { method: "POST", path, headers: jsonHeaders, body: PLANT }]);
    expect(notRefused(await everywhere(asked))).toEqual([]);
  });

  test("every header that miniflare reads, with every such path in it: the Worker answers as without", async () => {
    expect(HEADERS.length).toBeGreaterThan(20);
    expect(HEADERS).toContain("MF-Original-URL");
    const values = (name: string) =>
      /url/i.test(name) ? PATHS.map((path) => `http://localhost${path}`) : ["1", "countersign", '{"clientIp":"1.2.3.4:5"}'];
    const asked = HEADERS.flatMap((name) => values(name).map((value): Asked => ({ path: "/log/vkey", headers: { [name]: value } })));
    const plain = (await ask({ address: LOOPBACK, port: service.port }, { path: "/log/vkey" })).text;
    expect(plain).toMatch(/^localhost/);
    const answers = await everywhere(asked);
    expect(
      answers.filter(({ door, answer }) => !("port" in door ? answer.status === 200 && answer.text === plain : isTheClock(answer))),
    ).toEqual([]);
  });

  test("SQL behind every such header, at a path that there is and at one that there is not: no table comes of it", async () => {
    const asked = HEADERS.flatMap((name) =>
      SQL_PATHS.flatMap((path) =>
        ["/healthz", "/api/v1/approvals", path].map((at): Asked => ({
          method: "POST",
          path: at,
          headers: { ...jsonHeaders, [name]: `http://localhost${path}` },
          body: PLANT,
        })),
      ),
    );
    const answers = await everywhere(asked);
    expect(answers.filter(({ answer }) => answer.text.includes('"success":true'))).toEqual([]);
    expect(answers.filter(({ door, answer }) => "port" in door && (answer.status === 200 || answer.status === 0))).toEqual([]);
    const tables = tablesIn(join(service.stateDir, "v3"));
    expect(tables).toContain("log_leaf");
    expect(tables).not.toContain(PLANTED);
  });

  test("a call by Cap'n Proto, which would reach whatever the Worker exports: no connection comes of it", async () => {
    expect(RPC_HOSTS).not.toEqual([]);
    const answers = await everywhere(RPC_HOSTS.map((path): Asked => ({ method: "CONNECT", path })));
    expect(answers.filter(({ answer }) => answer.status >= 200 && answer.status < 300)).toEqual([]);
  });
});
