/** Reading a log over HTTP: what comes of a sound one, and what is made of answers that are none. */
import { afterEach, describe, expect, it } from "vitest";
import { leafHash, verifyConsistency } from "#countersign/tlog/merkle.ts";
import { makeSigner } from "#countersign/tlog/note.ts";
import { LogClient } from "#countersign/sdk/log-client.ts";
import { ServedLog } from "#test/support/log/served-log.ts";
import { type StubAnswer, type StubRequest, stubService } from "#test/support/service/stub-service.ts";

let stub: Awaited<ReturnType<typeof stubService>>;
afterEach(() => stub?.close());

async function clientOf(answer: (request: StubRequest) => StubAnswer | Promise<StubAnswer>, answerMs?: number): Promise<LogClient> {
  stub = await stubService(answer);
  return new LogClient({ url: `${stub.url}/log`, ...(answerMs && { answerMs }) });
}

const signer = await makeSigner("gate.example.com/log", new Uint8Array(32).fill(1));
const log = new ServedLog("gate.example.com/log", signer).growTo(300);
const hashes = (bytes: Uint8Array) => Array.from({ length: bytes.length / 32 }, (_, i) => bytes.slice(32 * i, 32 * i + 32));

describe("of a sound log", () => {
  it("gives the checkpoint and the key as they are", async () => {
    const client = await clientOf((request) => log.answer(request));
    expect(await client.checkpoint()).toEqual({ ok: true, value: await log.checkpoint() });
    expect(await client.vkey()).toEqual({ ok: true, value: log.vkey });
  });

  it("gives proofs that hold", async () => {
    const client = await clientOf((request) => log.answer(request));
    const proof = await client.consistency(255, 300);
    if (!proof.ok) throw new Error(proof.refusal.message);
    expect(verifyConsistency({ oldSize: 255, oldRoot: log.root(255), size: 300, root: log.root(), path: proof.value })).toBe(true);
    expect(await client.consistency(7, 7)).toEqual({ ok: true, value: [] });
  });

  it("gives tiles and the entries under them, full and partial", async () => {
    const client = await clientOf((request) => log.answer(request));
    for (const [n, width] of [
      [0, 256],
      [0, 3],
      [1, 44],
    ] as const) {
      const [tile, entries] = [await client.tile({ level: 0, n }, width), await client.entries(n, width)];
      if (!tile.ok || !entries.ok) throw new Error(JSON.stringify([tile, entries]));
      expect(entries.value).toHaveLength(width);
      expect(entries.value.map(leafHash)).toEqual(hashes(tile.value));
    }
    expect(stub.requests.map(({ path }) => path)).toContain("/log/tile/entries/001.p/44");
  });

  it("says what is not there", async () => {
    const client = await clientOf((request) => log.answer(request));
    const refusal = { code: "not_found", message: "The log has nothing at tile/0/001.p/45." };
    expect(await client.tile({ level: 0, n: 1 }, 45)).toEqual({ ok: false, refusal });
    expect(await client.consistency(300, 301)).toMatchObject({ ok: false, refusal: { code: "not_found" } });
  });
});

const ITEM = {
  index: 0,
  record: {
    type: "countersign/record@v1",
    kind: "log.genesis",
    log: "gate.example.com/log",
    at: "2026-11-20T09:00:00.000Z",
    origin: "https://gate.example.com",
    vkey: log.vkey,
    previous: null,
  },
  salt: "BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU",
  proof: "a proof",
};

describe("the keys", () => {
  it("come as leaves with their proofs", async () => {
    const client = await clientOf(() => ({ body: { items: [ITEM] } }));
    expect(await client.keys()).toEqual({ ok: true, value: [ITEM] });
    expect(stub.requests.map(({ path }) => path)).toEqual(["/log/keys"]);
  });

  it.each<[string, unknown]>([
    ["none", { items: [] }],
    ["records of other kinds", { items: [{ ...ITEM, record: { ...ITEM.record, kind: "agent.created" } }] }],
    ["members that nobody knows", { items: [{ ...ITEM, note: "" }] }],
    ["an index that is none", { items: [{ ...ITEM, index: -1 }] }],
    ["a salt that is none", { items: [{ ...ITEM, salt: "BQ" }] }],
  ])("are refused: %s", async (_, body) => {
    const client = await clientOf(() => ({ body }));
    expect(await client.keys()).toMatchObject({ ok: false, refusal: { code: "malformed" } });
  });
});

const HASH = `${"A".repeat(43)}=`;

describe("refused as malformed", () => {
  it.each<[string, unknown]>([
    ["no JSON", "<html>"],
    ["another document", { proof: [] }],
    ["one with more", { consistency: [], size: 3 }],
    ["hashes that are none", { consistency: ["AAAA"] }],
    ["hashes with spare bits", { consistency: [`${"A".repeat(42)}B=`] }],
    ["a path longer than any", { consistency: Array.from({ length: 55 }, () => HASH) }],
    ["a member twice", `{"consistency":[],"consistency":["${HASH}"]}`],
    ["no UTF-8", Uint8Array.of(0xff)],
    ["more than any proof has", "x".repeat(65_537)],
  ])("a proof that is %s", async (_, body) => {
    const client = await clientOf(() => ({ body }));
    expect(await client.consistency(1, 2)).toMatchObject({ ok: false, refusal: { code: "malformed" } });
  });

  it.each([31, 33, 0])("a tile of %d bytes", async (length) => {
    const client = await clientOf(() => ({ body: new Uint8Array(length) }));
    expect(await client.tile({ level: 0, n: 0 }, 1)).toMatchObject({ ok: false, refusal: { code: "malformed" } });
  });

  it.each([
    ["other lengths", Uint8Array.of(0, 32, ...new Uint8Array(33))],
    ["a byte less", Uint8Array.of(0, 33, ...new Uint8Array(32))],
  ])("a bundle with %s", async (_, body) => {
    const client = await clientOf(() => ({ body }));
    expect(await client.entries(0, 1)).toMatchObject({ ok: false, refusal: { code: "malformed" } });
  });

  it.each(["<html>Sign in</html>", "", "hello\n"])("a checkpoint that is %j, and such a key", async (body) => {
    const client = await clientOf(() => ({ body }));
    const message = (path: string, what: string) => `What the log answers for ${path} cannot be read: ${what}.`;
    expect(await client.checkpoint()).toEqual({
      ok: false,
      refusal: { code: "malformed", message: message("checkpoint", "no signed note") },
    });
    expect(await client.vkey()).toEqual({ ok: false, refusal: { code: "malformed", message: message("vkey", "no verifier key") } });
  });

  it("a redirect, which is not followed", async () => {
    const client = await clientOf(() => ({ status: 302, headers: { location: "/log/elsewhere" }, body: "" }));
    expect(await client.checkpoint()).toMatchObject({ ok: false, refusal: { code: "malformed" } });
    expect(stub.requests).toHaveLength(1);
  });
});

describe("refused as unreachable", () => {
  it.each([204, 400, 429, 500, 503])("HTTP %d", async (status) => {
    const client = await clientOf(() => ({ status, body: "" }));
    const message = `The log answered HTTP ${status} for checkpoint.`;
    expect(await client.checkpoint()).toEqual({ ok: false, refusal: { code: "unreachable", message } });
  });

  it("a connection that breaks", async () => {
    const client = await clientOf(() => ({}));
    expect(await client.checkpoint()).toMatchObject({ ok: false, refusal: { code: "unreachable" } });
  });

  it("an answer that takes too long", async () => {
    const client = await clientOf(() => new Promise(() => {}), 50);
    const message = "The log did not answer for checkpoint (TimeoutError).";
    expect(await client.checkpoint()).toEqual({ ok: false, refusal: { code: "unreachable", message } });
  });
});
