/** `countersign monitor` on a log that behaves, and on one that does not, in one way at a time. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { evidence } from "#countersign/cli/verify/evidence.ts";
import { monitor } from "#countersign/cli/monitor/monitor.ts";
import { b64u, type Bytes } from "#countersign/encoding/bytes.ts";
import type { LogRecord } from "#countersign/documents/record.ts";
import { formatCheckpoint } from "#countersign/tlog/checkpoint.ts";
import { makeCosigner, makeWitnessVkey } from "#countersign/tlog/cosignature.ts";
import { makeSigner, makeVkey, parseNote, signNote, type Signer } from "#countersign/tlog/note.ts";
import { runCommand, spawnCommandLine } from "#test/support/cli/command-line.ts";
import { ServedLog } from "#test/support/log/served-log.ts";
import { type StubAnswer, stubService } from "#test/support/service/stub-service.ts";

const ORIGIN = "gate.example.com/log";
const COMMON = { type: "countersign/record@v1", log: ORIGIN, at: "2026-11-20T09:30:00.000Z" } as const;
const SALT = b64u(new Uint8Array(32).fill(5));

const folder = mkdtempSync(join(tmpdir(), "countersign-monitor-"));
const inFolder = (name: string): string => join(folder, name);
let key: Signer;
let log: ServedLog;
let service: Awaited<ReturnType<typeof stubService>>;
/** What is answered instead, by the path under /log; undefined answers as the log would. */
let instead: (path: string) => StubAnswer | undefined | Promise<StubAnswer | undefined>;

/** A log of that key whose genesis names it. */
async function begin(signer: Signer, label = 1, size = 700): Promise<ServedLog> {
  const begun = new ServedLog(ORIGIN, signer);
  const vkey = makeVkey(ORIGIN, signer.publicKey);
  const record: LogRecord = { ...COMMON, kind: "log.genesis", origin: "https://gate.example.com", vkey, previous: null };
  begun.keyItems = [await begun.seal({ record, salt: SALT })];
  return begun.growTo(size, label);
}

beforeAll(async () => {
  key = await makeSigner(ORIGIN, new Uint8Array(32).fill(1));
});
beforeEach(async () => {
  log = await begin(key);
  instead = () => undefined;
  service = await stubService(async (request) => (await instead(request.path.replace(/^\/log\//, ""))) ?? log.answer(request));
});
afterEach(() => {
  service.close();
  for (const name of readdirSync(folder)) rmSync(inFolder(name), { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Event {
  event: string;
  code?: string;
  message?: string;
  evidence?: string;
  [member: string]: unknown;
}

/** The command on its way. */
function start(...args: string[]) {
  let [printed, told] = ["", ""];
  const surroundings = {
    environment: {},
    print: (text: string) => void (printed += text),
    tell: (text: string) => void (told += text),
    isTerminal: args.includes("on a terminal"),
  };
  const given = args.filter((arg) => arg !== "on a terminal");
  const ended = monitor
    .run(given, surroundings)
    .then(({ exitCode, stdout = "", stderr = "" }) => ({ exitCode, printed: printed + stdout, told, stderr }));
  return { printed: () => printed, ended };
}
const run = (...args: string[]) => start(...args).ended;
const soon = { timeout: 20_000 };

/** One look, without patience. */
async function look(...args: string[]) {
  const { exitCode, printed, stderr } = await run(`${service.url}/log`, "--once", "--patience", "0", "--json", ...args);
  const events =
    printed.trim() === ""
      ? []
      : printed
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line) as Event);
  return { exitCode, events, last: events.at(-1), stderr };
}
const state = ["--state", inFolder("state")] as const;
const requested = (pattern: RegExp): string[] =>
  service.requests.map(({ path }) => path.replace("/log/", "")).filter((path) => pattern.test(path));

describe("a log that behaves", () => {
  it("is followed from its first entry, and every tile of it is compared", async () => {
    for (let size = 10_000; size < 66_000; size += 10_000) log.growTo(size);
    log.growTo(66_000);
    const { exitCode, events } = await look("--vkey", log.vkey);
    expect(exitCode).toBe(0);
    expect(events.map(({ event }) => event)).toEqual(["key", "verified"]);
    expect(events[1]).toMatchObject({ log: ORIGIN, size: 66_000, previous_size: 0, witnesses: [] });
    const tiles = new Set(requested(/^tile\/\d/));
    for (let n = 0; n < 257; n++) expect(tiles).toContain(`tile/0/${String(n).padStart(3, "0")}`);
    for (const tile of ["tile/0/257.p/208", "tile/1/000", "tile/1/001.p/1", "tile/2/000.p/1"]) expect(tiles).toContain(tile);
    expect(new Set(requested(/^tile\/entries/)).size).toBe(258);
  });

  it("is not asked for everything at once", async () => {
    log.growTo(10_000);
    let [now, most] = [0, 0];
    instead = async () => {
      most = Math.max(most, ++now);
      await new Promise((wake) => setTimeout(wake, 5));
      now -= 1;
      return undefined;
    };
    expect((await look()).exitCode).toBe(0);
    expect(most).toBeGreaterThan(8);
    expect(most).toBeLessThanOrEqual(16);
  });

  it("is followed from where the state says, and asked for nothing before", async () => {
    expect((await look(...state)).exitCode).toBe(0);
    log.growTo(1_300);
    service.requests.length = 0;
    const { exitCode, events } = await look(...state);
    expect(exitCode).toBe(0);
    expect(events.at(-1)).toMatchObject({ event: "verified", size: 1_300, previous_size: 700 });
    expect(requested(/^tile\/entries/).toSorted()).toEqual([
      "tile/entries/002",
      "tile/entries/003",
      "tile/entries/004",
      "tile/entries/005.p/20",
    ]);
    service.requests.length = 0;
    expect((await look(...state)).exitCode).toBe(0);
    expect(requested(/^tile\/entries/)).toEqual([]);
  });

  it.each([1, 2, 255, 256, 257, 512, 513])("may have any size: %i", async (size) => {
    log = await begin(key, 1, size);
    expect((await look(...state)).exitCode).toBe(0);
    log.growTo(size + 300);
    expect((await look(...state)).last).toMatchObject({ event: "verified", size: size + 300, previous_size: size });
  });

  it("may be named by its service", async () => {
    for (const url of [service.url, `${service.url}/`, `${service.url}/log/`]) {
      expect((await run(url, "--once", "--patience", "0")).exitCode).toBe(0);
    }
  });

  it("tells people what it sees, and how far it is on a terminal alone", async () => {
    const quiet = await run(`${service.url}/log`, "--once");
    expect(quiet.printed).toMatch(/ verified gate\.example\.com\/log has 700 leaves, 700 of them new, and the root [0-9a-f]{64}\n$/);
    expect(quiet.told).toBe("");
    const { told } = await run(`${service.url}/log`, "--once", "on a terminal");
    expect(told).toContain("700 of 700 new leaves");
    expect(told.endsWith("\r\u001b[K")).toBe(true);
  });

  it("is looked at again and again until something is wrong", async () => {
    const watching = start(`${service.url}/log`, "--interval", "1", "--patience", "0", "--json");
    await expect.poll(watching.printed, soon).toContain('"size":700');
    log.growTo(710);
    await expect.poll(watching.printed, soon).toContain('"size":710');
    service.close();
    const { exitCode, printed } = await watching.ended;
    expect(exitCode).toBe(3);
    const events = printed
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Event);
    expect(events.map(({ event, size, code }) => [event, size ?? code])).toEqual([
      ["key", undefined],
      ["verified", 700],
      ["verified", 710],
      ["alarm", "unreachable"],
    ]);
  });

  it("may rotate its key", async () => {
    expect((await look(...state)).exitCode).toBe(0);
    const next = await makeSigner(ORIGIN, new Uint8Array(32).fill(2));
    const rotated: LogRecord = { ...COMMON, kind: "key.rotated", old_vkey: log.vkey, new_vkey: makeVkey(ORIGIN, next.publicKey) };
    log.keyItems.push(await log.seal({ record: rotated, salt: SALT }));
    log.signers = [key, next];
    log.growTo(800);
    expect((await look(...state)).events).toMatchObject([
      { event: "key", vkey: log.vkey },
      { event: "verified", size: 800 },
    ]);
    log.signers = [next];
    log.growTo(900);
    expect((await look(...state)).last).toMatchObject({ event: "verified", size: 900 });
  });

  it("may rotate its key while a cache still has the list of keys from before: it is looked at again", async () => {
    expect((await look(...state)).exitCode).toBe(0);
    const cached = { items: [...log.keyItems] };
    const next = await makeSigner(ORIGIN, new Uint8Array(32).fill(2));
    const rotated: LogRecord = { ...COMMON, kind: "key.rotated", old_vkey: log.vkey, new_vkey: makeVkey(ORIGIN, next.publicKey) };
    log.keyItems.push(await log.seal({ record: rotated, salt: SALT }));
    log.signers = [key, next];
    let asked = 0;
    instead = (path) => (path === "keys" && asked++ === 0 ? { body: cached } : undefined);
    const { exitCode, printed } = await run(`${service.url}/log`, "--once", "--patience", "60", "--interval", "1", "--json", ...state);
    expect(printed).toContain('"event":"verified","log":"gate.example.com/log","size":701');
    expect(exitCode).toBe(0);
  });
});

const flipped = async (path: string, byte: number): Promise<StubAnswer> => {
  const { body } = await log.answer({ path: `/log/${path}` });
  const bytes = Uint8Array.from(body as Bytes);
  bytes[byte] = (bytes[byte] ?? 0) ^ 1;
  return { body: bytes };
};
/** One address answers something else. */
const at = (path: string, answer: () => StubAnswer | Promise<StubAnswer>) => {
  instead = (asked) => (asked === path ? answer() : undefined);
};

describe("a log that misbehaves is an alarm", () => {
  beforeEach(() => void log.growTo(700));

  it.each<[string, string, RegExp, () => void]>([
    [
      "a byte of a tile",
      "tree_mismatch",
      /Entry 303 and its hash in tile\/0\/001 /,
      () => at("tile/0/001", () => flipped("tile/0/001", 47 * 32)),
    ],
    [
      "a byte of a partial tile",
      "tree_mismatch",
      /Entry 699 and its hash in tile\/0\/002\.p\/188 /,
      () => at("tile/0/002.p/188", () => flipped("tile/0/002.p/188", 188 * 32 - 1)),
    ],
    [
      "a byte of a tile above",
      "tree_mismatch",
      /tile\/1\/000\.p\/2 is not what/,
      () => at("tile/1/000.p/2", () => flipped("tile/1/000.p/2", 63)),
    ],
    [
      "a byte of a bundle",
      "tree_mismatch",
      /Entry 258 and its hash/,
      () => at("tile/entries/001", () => flipped("tile/entries/001", 2 * 35 + 20)),
    ],
    [
      "a length in a bundle",
      "malformed",
      /an entry that is not of 33 bytes/,
      () => at("tile/entries/001", () => flipped("tile/entries/001", 35)),
    ],
    ["a tile that is missing", "not_found", /nothing at tile\/0\/001/, () => at("tile/0/001", () => ({ status: 404, body: "" }))],
    [
      "a bundle that is missing",
      "not_found",
      /nothing at tile\/entries\/001/,
      () => at("tile/entries/001", () => ({ status: 404, body: "" })),
    ],
    [
      "a partial tile that is missing",
      "not_found",
      /nothing at tile\/1\/000\.p\/2/,
      () => at("tile/1/000.p/2", () => ({ status: 404, body: "" })),
    ],
    [
      "a tile that is too short",
      "malformed",
      /8191 bytes instead of 8192/,
      () => at("tile/0/000", async () => ({ body: ((await log.answer({ path: "/log/tile/0/000" })).body as Bytes).slice(1) })),
    ],
    ["a tile that is too long", "malformed", /more than 8192 bytes/, () => at("tile/0/000", () => ({ body: new Uint8Array(8_193) }))],
    ["a tile without end", "malformed", /more than 8192 bytes/, () => at("tile/0/000", () => ({ body: new Uint8Array(50_000_000) }))],
    ["a checkpoint that is none", "malformed", /no signed note/, () => at("checkpoint", () => ({ body: "hello\n" }))],
    ["a checkpoint without end", "malformed", /more than 65536 bytes/, () => at("checkpoint", () => ({ body: "a".repeat(65_537) }))],
    [
      "a checkpoint elsewhere",
      "malformed",
      /redirect/,
      () => at("checkpoint", () => ({ status: 302, headers: { location: "/log/other" }, body: "" })),
    ],
    ["keys that are none", "malformed", /keys/, () => at("keys", () => ({ body: { items: [] } }))],
    ["no keys", "not_found", /nothing at keys/, () => at("keys", () => ({ status: 404, body: "" }))],
    [
      "another genesis than the one in the tree",
      "keys_mismatch",
      /Leaf 0 of the log is not/,
      () => at("keys", () => ({ body: { items: log.keyItems.map((item) => ({ ...(item as object), salt: b64u(new Uint8Array(32)) })) } })),
    ],
  ])("%s", async (_, code, message, misbehave) => {
    misbehave();
    const { exitCode, last } = await look("--vkey", log.vkey);
    expect(last).toMatchObject({ event: "alarm", code });
    expect(last?.message).toMatch(message);
    expect(exitCode).toBe(1);
  });

  it("entries that fit their tiles, and the tiles not the root that is signed", async () => {
    const other = await begin(key, 2);
    instead = (path) => (path.startsWith("tile/") ? other.answer({ path: `/log/${path}` }) : undefined);
    expect((await look()).last).toMatchObject({
      event: "alarm",
      code: "tree_mismatch",
      message: /do not lead to the root that it has signed/,
    });
  });

  it("a genesis that names another key than the one that signs", async () => {
    const other = await makeSigner(ORIGIN, new Uint8Array(32).fill(3));
    log.signers = [other];
    expect((await look()).last).toMatchObject({ event: "alarm", code: "keys_mismatch", message: /lead to the key/ });
  });

  it("a signature by another key than the one that is given, or remembered", async () => {
    const other = await makeSigner(ORIGIN, new Uint8Array(32).fill(3));
    expect((await look("--vkey", makeVkey(ORIGIN, other.publicKey))).last).toMatchObject({ event: "alarm", code: "log_key_unknown" });
    expect((await look(...state)).exitCode).toBe(0);
    log.signers = [other];
    log.growTo(720);
    const { exitCode, last } = await look(...state);
    expect(last).toMatchObject({ event: "alarm", code: "log_key_unknown" });
    expect(exitCode).toBe(1);
  });

  it("a signature that does not hold", async () => {
    const note = (await log.checkpoint()).replace("\n700\n", "\n701\n");
    at("checkpoint", () => ({ body: note }));
    expect((await look()).last).toMatchObject({ event: "alarm", code: "checkpoint_invalid" });
  });

  it("one that shrinks, though it is the same log", async () => {
    expect((await look(...state)).exitCode).toBe(0);
    const older = await log.checkpoint({ size: 600 });
    at("checkpoint", () => ({ body: older }));
    const { exitCode, last } = await look(...state);
    expect(last).toMatchObject({ event: "alarm", code: "older", message: /of 600 leaves, and had 700/ });
    expect(exitCode).toBe(1);
  });

  it("proofs that the log does not give", async () => {
    expect((await look(...state)).exitCode).toBe(0);
    log.growTo(800);
    instead = (path) => (path.startsWith("proof/") || path.startsWith("tile/1") ? { status: 404, body: "" } : undefined);
    expect((await look(...state)).last).toMatchObject({ event: "alarm", code: "log_unproven" });
  });

  it("another tile at the place to go on from", async () => {
    expect((await look(...state)).exitCode).toBe(0);
    log.growTo(800);
    at("tile/1/000.p/3", () => flipped("tile/1/000.p/3", 3));
    expect((await look(...state)).last).toMatchObject({
      event: "alarm",
      code: "tree_mismatch",
      message: /right edge of the log's first 700 leaves/,
    });
  });

  it("an entry that was another one when it was seen first", async () => {
    const watching = start(`${service.url}/log`, "--interval", "1", "--patience", "0");
    await expect.poll(watching.printed, soon).toContain("has 700 leaves");
    const other = await begin(key, 2, 710);
    instead = (path) => (/^tile\/(0|entries)\/002/.test(path) ? other.answer({ path: `/log/${path}` }) : undefined);
    log.growTo(710);
    const { exitCode, printed } = await watching.ended;
    expect(exitCode).toBe(1);
    expect(printed).toContain("Among the log's entries 512 to 699 there is another one than before.");
  });

  it("ends at once, whatever else it still waits for", async () => {
    instead = (path) => {
      if (path === "tile/0/001") return { status: 503, body: "" };
      return path === "tile/0/000" ? flipped(path, 9) : undefined;
    };
    const { exitCode } = await spawnCommandLine(["monitor", `${service.url}/log`, "--patience", "600"], folder);
    expect(exitCode).toBe(1);
  });
});

it("a log that signs for more leaves than anybody could hold is asked for them, one after the other", async () => {
  const note = await signNote(formatCheckpoint({ origin: ORIGIN, size: Number.MAX_SAFE_INTEGER, root: log.root() }), [key]);
  at("checkpoint", () => ({ body: note }));
  const { exitCode, last } = await look();
  expect(last).toMatchObject({ event: "alarm", code: "not_found" });
  expect(exitCode).toBe(1);
});

describe("a log that contradicts itself leaves evidence that anybody can check", () => {
  async function proves(file: string): Promise<number | null> {
    return (await runCommand(evidence, [file, "--vkey", log.vkey], folder)).exitCode;
  }

  it.each<[string, number, number]>([
    ["another root at the same size", 700, 700],
    ["another history under a larger tree", 700, 900],
    ["another history under a larger tree, from a full one", 512, 900],
    ["another history under a smaller tree", 700, 600],
  ])("%s", async (_, before, after) => {
    log = await begin(key, 1, before);
    expect((await look(...state)).exitCode).toBe(0);
    const kept = readFileSync(inFolder("state"), "utf8");
    const rewritten = await begin(key, 2, after);
    const note = await rewritten.checkpoint();
    // Of a smaller one it serves the tiles of what it has shown before, or it could show nothing at all.
    if (after < before) at("checkpoint", () => ({ body: note }));
    else log = rewritten;
    const { exitCode, last } = await look(...state);
    expect(exitCode).toBe(1);
    expect(last).toMatchObject({ event: "alarm", code: "log_inconsistent" });
    expect(last?.evidence).toMatch(/state\.evidence-[0-9a-f]{16}\.json$/);
    expect(await proves(last?.evidence ?? "")).toBe(0);
    expect(readFileSync(inFolder("state"), "utf8")).toBe(kept);
    // It stays one, however often it is looked at.
    expect((await look(...state)).last).toMatchObject({ code: "log_inconsistent" });
  });
});

describe("what may pass", () => {
  it("is looked at again, for as long as it may", async () => {
    let asked = 0;
    const older = await log.checkpoint({ size: 600 });
    expect((await look(...state)).exitCode).toBe(0);
    instead = (path) => (path === "checkpoint" && asked++ === 0 ? { body: older } : undefined);
    const { exitCode, printed } = await run(`${service.url}/log`, "--once", "--interval", "1", "--patience", "60", ...state);
    expect(exitCode).toBe(0);
    expect(printed).toContain("trouble  older: ");
    expect(printed).toContain(" verified ");
    expect(asked).toBe(2);
  });

  it("is a login page in the checkpoint's place: it says nothing against the log", async () => {
    let asked = 0;
    instead = (path) => (path === "checkpoint" && asked++ === 0 ? { body: "<html>Sign in</html>" } : undefined);
    const { exitCode, printed } = await run(`${service.url}/log`, "--once", "--interval", "1", "--patience", "60", ...state);
    expect(exitCode).toBe(0);
    expect(printed).toContain("trouble  malformed: What the log answers for checkpoint cannot be read: no signed note.");
    expect(printed).toContain(" verified ");
  });

  it("is asked again when no answer comes, which is said at once and once", async () => {
    let refused = 0;
    instead = (path) => (path === "tile/0/001" && refused++ < 2 ? { status: 503, body: "" } : undefined);
    const { exitCode, printed } = await run(`${service.url}/log`, "--once", "--patience", "60");
    expect(exitCode).toBe(0);
    expect(refused).toBe(3);
    expect(printed.match(/ (?:trouble|key|verified) .*/g)).toEqual([
      " trouble  unreachable: The log answered HTTP 503 for tile/0/001.",
      expect.stringContaining(" key "),
      expect.stringContaining(" verified "),
    ]);
  });

  it.each<[string, () => StubAnswer]>([
    ["no connection", () => ({ body: undefined })],
    ["a failure", () => ({ status: 500, body: "" })],
    ["too many requests", () => ({ status: 429, body: "" })],
  ])("and ends with its own exit code if it does not: %s", async (_, answer) => {
    instead = answer;
    const { exitCode, last } = await look();
    expect(last).toMatchObject({ event: "alarm", code: "unreachable" });
    expect(exitCode).toBe(3);
  });
});

describe("--policy and --max-age", () => {
  const now = Math.floor(Date.now() / 1_000);
  let policy: string;
  /** The newest checkpoint with the cosignatures of the first witnesses, each made at its time. */
  let cosigned: (...timesSeconds: number[]) => Promise<string>;

  beforeEach(async () => {
    const witnesses = await Promise.all([7, 8].map((seed) => makeCosigner(`witness.example.com/w${seed}`, new Uint8Array(32).fill(seed))));
    policy = inFolder("policy");
    const lines = witnesses.map((witness, i) => `witness w${i} ${makeWitnessVkey(witness.name, witness.publicKey)}\n`);
    writeFileSync(policy, `${lines.join("")}group both all w0 w1\nquorum both\n`);
    cosigned = async (...times) => {
      const note = await log.checkpoint();
      const parsed = parseNote(note);
      const signed = witnesses
        .slice(0, times.length)
        .map((witness, i) => witness.cosign(parsed.ok ? parsed.value.text : "", times[i] ?? 0));
      return note + (await Promise.all(signed)).join("");
    };
  });

  it("are satisfied by cosignatures that are recent", async () => {
    const note = await cosigned(now, now);
    at("checkpoint", () => ({ body: note }));
    const { exitCode, last } = await look("--policy", policy, "--max-age", "3600");
    expect(exitCode).toBe(0);
    expect(last).toMatchObject({ event: "verified", witnesses: [{ name: "witness.example.com/w7" }, { name: "witness.example.com/w8" }] });
  });

  it("alarm if cosignatures are missing, or do not hold", async () => {
    expect(await look("--policy", policy)).toMatchObject({
      exitCode: 1,
      last: { code: "witnesses_missing", message: /lacks cosignatures/ },
    });
    const one = await cosigned(now);
    at("checkpoint", () => ({ body: one }));
    expect(await look("--policy", policy)).toMatchObject({
      exitCode: 1,
      last: { code: "witnesses_missing", message: /lacks cosignatures/ },
    });
    const note = (await cosigned(now, now)).replace(
      /([A-Za-z0-9+/])(.{40}\n)$/,
      (_, digit: string, rest: string) => (digit === "A" ? "B" : "A") + rest,
    );
    at("checkpoint", () => ({ body: note }));
    expect(await look("--policy", policy)).toMatchObject({ exitCode: 1, last: { code: "witnesses_missing", message: /does not hold/ } });
  });

  it("alarm if nothing comes of the log for too long", async () => {
    const fresh = await cosigned(now, now);
    at("checkpoint", () => ({ body: fresh }));
    expect((await look(...state, "--policy", policy, "--max-age", "3600")).exitCode).toBe(0);
    const held = JSON.parse(readFileSync(inFolder("state"), "utf8")) as { grown_at: number };
    writeFileSync(inFolder("state"), JSON.stringify({ ...held, grown_at: held.grown_at - 7_200_000 }));
    expect((await look(...state, "--policy", policy, "--max-age", "3600")).exitCode).toBe(0);
    const old = await cosigned(now, now - 7_200);
    at("checkpoint", () => ({ body: old }));
    const { exitCode, last } = await look(...state, "--policy", policy, "--max-age", "3600");
    expect(last).toMatchObject({ event: "alarm", code: "stale" });
    expect(exitCode).toBe(1);
    expect((await look(...state, "--max-age", "7000")).last).toMatchObject({ code: "stale" });
    log.growTo(701);
    instead = () => undefined;
    expect((await look(...state, "--max-age", "3600")).exitCode).toBe(0);
  });

  it("are not satisfied by a witness whose clock runs ahead: what it says is told, and nobody is taken for recent by it", async () => {
    const [far, ahead] = [await cosigned(Number.MAX_SAFE_INTEGER, now), await cosigned(now, now + 7_200)];
    at("checkpoint", () => ({ body: far }));
    const { exitCode, last } = await look(...state, "--policy", policy);
    expect(last).toMatchObject({ event: "verified", witnesses: [{ at: "9007199254740991 seconds after 1970" }, {}] });
    expect(exitCode).toBe(0);
    const held = JSON.parse(readFileSync(inFolder("state"), "utf8")) as { grown_at: number };
    writeFileSync(inFolder("state"), JSON.stringify({ ...held, grown_at: held.grown_at - 7_200_000 }));
    for (const note of [far, ahead]) {
      at("checkpoint", () => ({ body: note }));
      expect((await look(...state, "--policy", policy, "--max-age", "3600")).last).toMatchObject({ event: "alarm", code: "stale" });
    }
  });

  it("takes the log's key from a policy that names one log", async () => {
    writeFileSync(policy, `log ${log.vkey}\nquorum none\n`);
    expect((await look("--policy", policy)).exitCode).toBe(0);
    const other = await makeSigner(ORIGIN, new Uint8Array(32).fill(3));
    writeFileSync(policy, `log ${makeVkey(ORIGIN, other.publicKey)}\nquorum none\n`);
    expect((await look("--policy", policy)).last).toMatchObject({ code: "log_key_unknown" });
  });
});

describe("unusable arguments and states", () => {
  it.each<[string, () => string[]]>([
    ["no log", () => []],
    ["two logs", () => [`${service.url}/log`, `${service.url}/log`]],
    ["an address of something else", () => ["ftp://gate.example.com/log"]],
    ["an address with a query", () => [`${service.url}/log?x`]],
    ["a key that is none", () => [`${service.url}/log`, "--vkey", "x"]],
    ["a policy that is not there", () => [`${service.url}/log`, "--policy", inFolder("nothing")]],
    [
      "a policy of another log's key",
      () => {
        writeFileSync(inFolder("policy"), "log example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\nquorum none\n");
        return [`${service.url}/log`, "--vkey", log.vkey, "--policy", inFolder("policy")];
      },
    ],
    ["an interval of nothing", () => [`${service.url}/log`, "--interval", "0"]],
  ])("%s", async (_, args) => {
    const { exitCode, stderr } = await run(...args());
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^countersign monitor: /);
    expect(service.requests).toEqual([]);
  });

  it("a state that is damaged, of another log, or in use is never begun anew", async () => {
    expect((await look(...state)).exitCode).toBe(0);
    const sound = readFileSync(inFolder("state"), "utf8");
    const held = JSON.parse(sound) as { reached: string; remembered: object[] };
    const changes: [string, RegExp][] = [
      ["", /damaged/],
      [sound.slice(0, -20), /damaged/],
      [sound.replace('"url"', '"uri"'), /damaged/],
      [sound.replace("countersign/monitor@v1", "countersign/monitor@v2"), /another version/],
      [sound.replace(service.url, "http://127.0.0.1:1"), /it is of the log at http:\/\/127\.0\.0\.1:1/],
      [JSON.stringify({ ...held, reached: held.reached.replace("\n700\n", "\n699\n") }), /no key of the log has signed/],
      [JSON.stringify({ ...held, remembered: [] }), /no key of the log has signed/],
    ];
    service.requests.length = 0;
    for (const [content, message] of changes) {
      writeFileSync(inFolder("state"), content);
      const { exitCode, stderr } = await look(...state);
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(message);
      expect(readFileSync(inFolder("state"), "utf8")).toBe(content);
    }
    expect(service.requests).toEqual([]);
    const damagedMemory = { ...held, remembered: held.remembered.map((one) => ({ ...one, checkpoint: "x" })) };
    writeFileSync(inFolder("state"), JSON.stringify(damagedMemory));
    expect((await look(...state)).exitCode).toBe(2);
  });
});
