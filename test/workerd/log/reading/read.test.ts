/** The log as a stranger reads it, over HTTP, compared with RFC 6962 computed from the entries alone. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { b64, concat, hex, sha256 } from "#countersign/encoding/bytes.ts";
import { leafEntry } from "#countersign/documents/record.ts";
import { app } from "#composition/app.ts";
import { leaf, logObject } from "#test/workerd/support/log.ts";
import { oneIn } from "#test/support/every-case.ts";
import { call, ORIGIN } from "#test/workerd/support/people.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

type Hash = Uint8Array<ArrayBuffer>;
const BATCHES = [1, 254, 1, 1, 43, 211, 1, 1, 87];
/** Genesis, and then the batches. */
const SIZES = BATCHES.reduce<number[]>((sizes, batch) => [...sizes, (sizes.at(-1) ?? 0) + batch], [1]);
const SIZE = SIZES.at(-1) ?? 0;

/** Read back before anything else: what a bundle says is what the leaves' records and salts open. */
let entries: Hash[] = [];
/** The checkpoints that were signed on the way, by size. */
const roots = new Map<number, Hash>();

const hash = (...parts: Uint8Array[]): Hash => sha256(concat(...parts));
const [ZERO, ONE] = [Uint8Array.of(0), Uint8Array.of(1)];

const split = (n: number): number => 2 ** Math.floor(Math.log2(n - 1));

/** MTH of RFC 6962, section 2.1, over leaf hashes. */
function mth(leaves: Hash[]): Hash {
  const [first] = leaves;
  if (first === undefined) return hash();
  if (leaves.length === 1) return first;
  const k = split(leaves.length);
  return hash(ONE, mth(leaves.slice(0, k)), mth(leaves.slice(k)));
}

/** PATH of RFC 6962, section 2.1.1. */
function path(m: number, leaves: Hash[]): Hash[] {
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  return m < k ? [...path(m, left), mth(right)] : [...path(m - k, right), mth(left)];
}

/** SUBPROOF of RFC 6962, section 2.1.2. */
function subproof(m: number, leaves: Hash[], whole: boolean): Hash[] {
  if (m === leaves.length) return whole ? [] : [mth(leaves)];
  const k = split(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  return m <= k ? [...subproof(m, left, whole), mth(right)] : [...subproof(m - k, right, false), mth(left)];
}

const leafHashes = () => entries.map((entry) => hash(ZERO, entry));
const nodes = (hashes: Hash[]): Hash[] =>
  Array.from({ length: Math.floor(hashes.length / 256) }, (_, i) => mth(hashes.slice(i * 256, i * 256 + 256)));

const get = (at: string, headers: Record<string, string> = {}) => call("GET", `/log/${at}`, { headers });
const bytesOf = async (response: Response): Promise<Hash> => new Uint8Array(await response.arrayBuffer());
async function served(at: string): Promise<Hash> {
  const response = await get(at);
  expect([at, response.status]).toEqual([at, 200]);
  return await bytesOf(response);
}

async function checkpoint(): Promise<{ size: number; root: Hash }> {
  const [, size, root = ""] = (await (await get("checkpoint")).text()).split("\n");
  return { size: Number(size), root: Uint8Array.from(atob(root), (character) => character.charCodeAt(0)) };
}

beforeAll(async () => {
  await emptyStorage();
  const record = async () => {
    const { size, root } = await checkpoint();
    roots.set(size, root);
  };
  await record();
  let at = 0;
  for (const batch of BATCHES) {
    await Promise.all(Array.from({ length: batch }, (_, i) => logObject().append(leaf(`leaf ${at + i}`))));
    at += batch;
    await record();
  }
  const { results } = await env.DB.prepare("SELECT record, salt FROM log_leaf ORDER BY idx").all<{ record: string; salt: string }>();
  entries = results.map((row) => new Uint8Array(leafEntry(JSON.parse(row.record) as Parameters<typeof leafEntry>[0], row.salt)));
});

describe("tiles and bundles", () => {
  test("of every checkpoint there was are served, and lead to its root", async () => {
    expect([...roots.keys()]).toEqual(SIZES);
    for (const size of SIZES) {
      const hashes: Hash[] = [];
      for (let n = 0; n * 256 < size; n++) {
        const width = Math.min(256, size - n * 256);
        const suffix = width === 256 ? "" : `.p/${width}`;
        const tile = await served(`tile/0/00${n}${suffix}`);
        for (let i = 0; i < width; i++) hashes.push(tile.slice(32 * i, 32 * i + 32));
        expect(tile.length).toBe(32 * width);
        const bundle = await served(`tile/entries/00${n}${suffix}`);
        expect(bundle).toEqual(concat(...entries.slice(n * 256, n * 256 + width).flatMap((entry) => [Uint8Array.of(0, 33), entry])));
      }
      expect(hashes).toEqual(leafHashes().slice(0, size));
      expect([size, hex(mth(hashes))]).toEqual([size, hex(roots.get(size) ?? new Uint8Array())]);
      const above = nodes(hashes);
      if (above.length > 0) expect(await served(`tile/1/000.p/${above.length}`)).toEqual(concat(...above));
    }
  });

  test("of every width there is below the newest checkpoint's size, and none beyond", async () => {
    const all = leafHashes();
    const last = SIZE - 512;
    for (let width = 1; width < 256; width++) {
      for (const n of oneIn(3, [0, 1, 2], width)) {
        const answer = await get(`tile/0/00${n}.p/${width}`);
        if (n === 2 && width > last) expect([n, width, answer.status]).toEqual([n, width, 404]);
        else expect(await bytesOf(answer)).toEqual(concat(...all.slice(256 * n, 256 * n + width)));
      }
    }
    const BEYOND = [`0/002`, `0/002.p/${last + 1}`, `0/003`, `0/003.p/1`, "0/x001/000.p/1", "1/000", "1/000.p/3", "1/001.p/1", "2/000.p/1"];
    const far = ["6/000.p/1", "7/000.p/1", "63/000", "63/000.p/1", "0/x009/x007/x199/x254/x740/991"];
    const bundles = [`entries/002`, `entries/002.p/${last + 1}`, "entries/003.p/1", "entries/x009/x007/x199/x254/x740/991"];
    for (const at of [...BEYOND, ...far, ...bundles]) {
      const answer = await get(`tile/${at}`);
      expect([at, answer.status, answer.headers.get("cache-control")]).toEqual([at, 404, "no-store"]);
      expect(answer.headers.get("etag")).toBeNull();
    }
  });

  test("not before they are under a signed checkpoint", async () => {
    const older = await logObject().checkpoint();
    const [text = "", ...rest] = older.split("\n\n");
    const [origin, , root] = text.split("\n");
    const behind = [`${origin}\n300\n${root}`, ...rest].join("\n\n");
    const LOG_SEQUENCER = { getByName: () => ({ ...logObject(), checkpoint: () => Promise.resolve(behind) }) };
    const ask = async (at: string) => (await direct(at, {}, { LOG_SEQUENCER })).status;
    expect(await ask("tile/0/001.p/44")).toBe(200);
    expect(await ask("tile/entries/001.p/44")).toBe(200);
    expect(await ask("tile/0/001.p/45")).toBe(404);
    expect(await ask("tile/entries/001.p/45")).toBe(404);
    expect(await ask("tile/0/001")).toBe(404);
    expect(await ask("tile/1/000.p/2")).toBe(404);
  });

  test.each([
    "tile",
    "tile/",
    "tile/0/0",
    "tile/00/000",
    "tile/0/000.p/0",
    "tile/0/000.p/256",
    "tile/0/000/",
    "tile/0/x000/000",
    "tile/data/000",
    "tile/0/00%30",
    "tile/0%2f000",
    "tile//0/000",
    "tile/64/000",
    "tile/8/0/000",
  ])("in no other spelling: %s", async (at) => {
    const answer = await get(at);
    expect([answer.status, answer.headers.get("cache-control")]).toEqual([404, "no-store"]);
  });

  test.each(["tile/0/000", "tile/0/000.p/7", "tile/1/000.p/2", "tile/entries/001", "tile/entries/000.p/1"])(
    "may be kept for ever, are whole, and ask for nothing: %s",
    async (at) => {
      const answer = await get(at, { range: "bytes=0-31" });
      const bytes = await bytesOf(answer);
      const etag = `"${hex(sha256(bytes))}"`;
      expect(answer.status).toBe(200);
      expect(bytes).toEqual(await served(at));
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        "content-type": "application/octet-stream",
        "cache-control": "public, max-age=31536000, immutable",
        "accept-ranges": "none",
        etag,
      });
      expect(answer.headers.get("content-range")).toBeNull();
      expect(answer.headers.get("set-cookie")).toBeNull();
      expect(answer.headers.get("vary")).toBeNull();

      for (const held of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
        const unchanged = await get(at, { "if-none-match": held });
        expect([unchanged.status, await unchanged.text()]).toEqual([304, ""]);
        expect([unchanged.headers.get("etag"), unchanged.headers.get("cache-control")]).toEqual([
          etag,
          "public, max-age=31536000, immutable",
        ]);
      }
      for (const held of ['"other"', etag.slice(1, -1), "", "W/*"]) expect((await get(at, { "if-none-match": held })).status).toBe(200);
      // What is held is no reason to say that there is more.
      expect((await get("tile/0/009", { "if-none-match": "*" })).status).toBe(404);

      const head = await call("HEAD", `/log/${at}`);
      expect([head.status, head.headers.get("etag"), await head.text()]).toEqual([200, etag, ""]);
    },
  );
});

describe("proofs", () => {
  const SAMPLED = [0, 1, 2, 3, 64, 255, 256, 257, 300, 511, 512, 513, SIZE - 1, SIZE];

  test("of consistency are those of RFC 6962, between any sizes", async () => {
    const all = leafHashes();
    for (const to of SAMPLED) {
      for (const from of SAMPLED.filter((one) => one <= to)) {
        const answer = await get(`proof/consistency?from=${from}&to=${to}`);
        const expected = from === 0 ? [] : subproof(from, all.slice(0, to), true);
        expect([from, to, await answer.json()]).toEqual([from, to, { consistency: expected.map(b64) }]);
        expect(answer.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
        expect(answer.headers.get("content-type")).toBe("application/json");
      }
    }
  });

  test("of inclusion are those of RFC 6962, by index, and by hash in either spelling", async () => {
    const all = leafHashes();
    let turn = 0;
    for (const size of SAMPLED.filter((one) => one > 0)) {
      for (const index of SAMPLED.filter((one) => one < size)) {
        const expected = { leaf_index: index, audit_path: path(index, all.slice(0, size)).map(b64) };
        const leafHash = all[index] ?? new Uint8Array();
        const spellings = [`index=${index}`, `hash=${hex(leafHash)}`, `hash=${encodeURIComponent(b64(leafHash))}`];
        for (const leafIs of oneIn(3, spellings, turn++)) {
          expect([size, leafIs, await (await get(`proof/inclusion?${leafIs}&size=${size}`)).json()]).toEqual([size, leafIs, expected]);
        }
      }
    }
  });

  test.each([
    "consistency",
    "consistency?from=1",
    "consistency?to=1",
    "consistency?from=2&to=1",
    "consistency?from=1&to=2&to=2",
    "consistency?from=1&to=2&more=3",
    "consistency?from=01&to=2",
    "consistency?from=-1&to=2",
    "consistency?from=1.0&to=2",
    "consistency?from=1e0&to=2",
    "consistency?from=+1&to=2",
    "consistency?from=&to=2",
    "consistency?from=1&to=9007199254740992",
    "consistency?from=1&to=NaN",
    "inclusion",
    "inclusion?index=1",
    "inclusion?size=1",
    "inclusion?index=0&size=0",
    "inclusion?index=1&size=1",
    "inclusion?index=00&size=1",
    "inclusion?index=0&size=0x1",
    "inclusion?index=0&index=0&size=1",
    "inclusion?index=0&size=1&hash=00",
    "inclusion?hash=00&size=1",
    "inclusion?hash=&size=1",
    `inclusion?hash=${"AB".repeat(32)}&size=1`,
    `inclusion?hash=${"0".repeat(63)}&size=1`,
    `inclusion?hash=${"A".repeat(43)}&size=1`,
    `inclusion?hash=${"A".repeat(42)}B=&size=1`,
    `inclusion?hash=${"00".repeat(32)}&size=0`,
  ])("are refused for numbers that are none: %s", async (query) => {
    const answer = await get(`proof/${query}`);
    expect([answer.status, answer.headers.get("cache-control")]).toEqual([400, "no-store"]);
    expect(await answer.json()).toMatchObject({ code: "invalid_request" });
  });

  test("are not there beyond the newest checkpoint, nor for a hash that is not in the tree of that size", async () => {
    const known = hex(leafHashes()[300] ?? new Uint8Array());
    const unaligned = hex(concat(...leafHashes().slice(0, 2)).slice(1, 33));
    for (const query of [
      `consistency?from=1&to=${SIZE + 1}`,
      "consistency?from=1&to=9007199254740991",
      `inclusion?index=0&size=${SIZE + 1}`,
      `inclusion?index=9007199254740990&size=9007199254740991`,
      `inclusion?hash=${known}&size=${SIZE + 1}`,
      `inclusion?hash=${known}&size=300`,
      `inclusion?hash=${"00".repeat(32)}&size=${SIZE}`,
      `inclusion?hash=${unaligned}&size=${SIZE}`,
    ]) {
      const answer = await get(`proof/${query}`);
      expect([query, answer.status, answer.headers.get("cache-control")]).toEqual([query, 404, "no-store"]);
      expect(await answer.json()).toMatchObject({ code: "not_found" });
    }
  });
});

const ADDRESSES = ["tile/0/000", "tile/entries/000", "proof/consistency?from=1&to=2", "proof/inclusion?index=1&size=2"];

/** With other bindings. */
const direct = (at: string, init?: RequestInit, bindings: object = {}) => app.request(`${ORIGIN}/log/${at}`, init, { ...env, ...bindings });

describe("all of it", () => {
  test("is only read: any other method is told what is allowed", async () => {
    for (const at of ADDRESSES) {
      for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
        const { status, headers } = await call(method, `/log/${at}`);
        expect([at, method, status, headers.get("allow"), headers.get("cache-control")]).toEqual([
          at,
          method,
          405,
          "GET, HEAD",
          "no-store",
        ]);
      }
    }
  });

  test("is for this service's own host only", async () => {
    for (const at of ADDRESSES) {
      const answer = await app.request(`https://evil.example/log/${at}`, {}, env);
      expect([at, answer.ok, answer.headers.get("cache-control")]).toEqual([at, false, "no-store"]);
    }
  });

  test("is 503 while log or database is away, kept by nobody, and says nothing of why", async () => {
    const away = () => {
      throw new Error("D1_ERROR: secret detail");
    };
    const DB = new Proxy(env.DB, { get: () => away });
    const LOG_SEQUENCER = { getByName: () => ({ checkpoint: () => Promise.reject(new Error("secret detail")) }) };
    for (const bindings of [{ DB }, { LOG_SEQUENCER }]) {
      for (const at of ADDRESSES) {
        const answer = await direct(at, {}, bindings);
        expect([at, answer.status, answer.headers.get("cache-control")]).toEqual([at, 503, "no-store"]);
        expect(await answer.text()).toBe("The log does not answer now.\n");
      }
    }
    for (const at of ADDRESSES) {
      const answer = await direct(at, {}, { LOG_SIGNING_KEY: "not a key" });
      expect([at, answer.status, answer.headers.get("cache-control")]).toEqual([at, 503, "no-store"]);
      expect(await answer.text()).not.toContain("not a key");
    }
  });
});

/** Last, because it spoils the log. */
describe("a database that was tampered with", () => {
  const run = (...statements: string[]) => env.DB.batch(statements.map((sql) => env.DB.prepare(sql)));

  test("gives no proof of what is not under the signed root", async () => {
    await run("DROP TRIGGER log_leaf_update", "UPDATE log_leaf SET entry = zeroblob(33) WHERE idx = 5");
    expect((await get("proof/inclusion?index=5&size=300")).status).toBe(503);
    expect((await get("proof/inclusion?index=6&size=300")).status).toBe(200);
    await run("DROP TRIGGER log_tile_update", "UPDATE log_tile SET hashes = zeroblob(length(hashes)) WHERE level = 0 AND n = 0");
    expect((await get("proof/inclusion?index=6&size=300")).status).toBe(503);
    expect((await get(`proof/inclusion?hash=${"00".repeat(32)}&size=300`)).status).toBe(503);
    expect((await get("proof/consistency?from=100&to=200")).status).toBe(503);
  });

  test("that lacks what was signed for is 503, never a missing tile", async () => {
    await run("UPDATE log_tile SET hashes = zeroblob(64) WHERE level = 0 AND n = 0");
    expect((await get("tile/0/000")).status).toBe(503);
    await run("DROP TRIGGER log_tile_delete", "DELETE FROM log_tile", "DROP TRIGGER log_leaf_delete", "DELETE FROM log_leaf WHERE idx = 7");
    for (const at of ["tile/0/001", "tile/0/000.p/1", "tile/entries/000", "proof/consistency?from=1&to=2"]) {
      const answer = await get(at);
      expect([at, answer.status, answer.headers.get("cache-control")]).toEqual([at, 503, "no-store"]);
    }
  });
});
