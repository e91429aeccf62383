import fc from "fast-check";
import { unzipSync, zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { type Bytes, utf8 } from "#countersign/encoding/bytes.ts";
import { isBundleName, bundleLines, readWhole } from "#countersign/evidence/bundle-files.ts";
import { readZip } from "#countersign/evidence/zip-files.ts";
import { zipStream } from "#http/evidence/zip-stream.ts";
import { manyOr } from "#test/support/every-case.ts";

const MOST = 1_000_000;

type Pieces = [string, string][];

async function* given(pieces: Pieces): AsyncGenerator<{ name: string; bytes: Uint8Array }> {
  for (const [name, text] of pieces) yield await Promise.resolve({ name, bytes: utf8(text) });
}

const zipped = async (pieces: Pieces): Promise<Bytes> =>
  new Uint8Array(
    await new Response(
      zipStream(given(pieces), (error) => {
        throw error;
      }),
    ).arrayBuffer(),
  );

const PIECES: Pieces = [
  ["README.md", "Read me.\n"],
  ["entries.ndjson", ""],
  ["entries.ndjson", '{"a":1}\n'.repeat(2_000)],
  ["entries.ndjson", '{"b":2}\n'],
  ["receipts/apr_1.json", "{}"],
  ["empty", ""],
];
const FILES = new Map([
  ["README.md", "Read me.\n"],
  ["entries.ndjson", `${'{"a":1}\n'.repeat(2_000)}{"b":2}\n`],
  ["receipts/apr_1.json", "{}"],
  ["empty", ""],
]);

async function unzipped(zip: Bytes, most = MOST): Promise<Map<string, string> | string> {
  const read = readZip(zip, most);
  if (!read.ok) return read.refusal;
  const files = new Map<string, string>();
  for (const name of read.value.names) {
    const content = await readWhole(read.value.read(name), most);
    if (!content.ok) return content.refusal;
    files.set(name, content.value);
  }
  return files;
}

const zipOf = (files: Record<string, string>, level: 0 | 6 = 6): Bytes =>
  new Uint8Array(zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, utf8(text)])), { level }));

describe("a zip that is written", () => {
  test("has every file, the same bytes each time, and is read by another implementation", async () => {
    const zip = await zipped(PIECES);
    expect(await unzipped(zip)).toEqual(FILES);
    expect(await zipped(PIECES)).toEqual(zip);
    const read = Object.entries(unzipSync(zip)).map(([name, bytes]) => [name, new TextDecoder().decode(bytes)] as const);
    expect(new Map(read)).toEqual(FILES);
  });

  test("that breaks off is no zip", async () => {
    async function* broken(): AsyncGenerator<{ name: string; bytes: Uint8Array }> {
      yield* given(PIECES);
      throw new Error("the database is away");
    }
    const told: unknown[] = [];
    const reader = zipStream(broken(), (error) => told.push(error)).getReader();
    const parts: Uint8Array[] = [];
    await expect(
      (async () => {
        for (let next = await reader.read(); !next.done; next = await reader.read()) parts.push(next.value);
      })(),
    ).rejects.toThrow("the database is away");
    expect(told).toHaveLength(1);
    expect(readZip(new Uint8Array(Buffer.concat(parts)), MOST)).toMatchObject({ ok: false });
  });
});

describe("a zip that is read", () => {
  test("may be stored or deflated by somebody else", async () => {
    for (const level of [0, 6] as const) expect(await unzipped(zipOf(Object.fromEntries(FILES), level))).toEqual(FILES);
  });

  test.each(["../manifest.json", "/etc/passwd", "a/../b", "a/b/c", "receipts/", ".hidden", "a\\b", "C:x", "", "ä.json", "a".repeat(201)])(
    "has no file named %j",
    (name) => {
      expect(isBundleName(name)).toBe(false);
      expect(readZip(zipOf({ ok: "1", [name]: "2" }), MOST).ok).toBe(false);
    },
  );

  test("has no name twice", () => {
    const zip = zipOf({ one: "1", two: "2" }, 0);
    const text = Buffer.from(zip).toString("latin1").replaceAll("two", "one");
    expect(readZip(new Uint8Array(Buffer.from(text, "latin1")), MOST)).toEqual({ ok: false, refusal: "It has one twice." });
  });

  test("unpacks to no more than is allowed, and to no more than it says", async () => {
    const bomb = zipOf({ bomb: "0".repeat(900_000) });
    expect(bomb.length).toBeLessThan(2_000);
    expect(readZip(bomb, 800_000)).toEqual({ ok: false, refusal: "It unpacks to more than 800000 bytes." });
    // The directory says ten bytes.
    const lying = bomb.slice();
    const view = new DataView(lying.buffer);
    view.setUint32(view.getUint32(lying.length - 6, true) + 24, 10, true);
    const read = readZip(lying, MOST);
    if (!read.ok) throw new Error(read.refusal);
    await expect(readWhole(read.value.read("bomb"), MOST)).rejects.toThrow("it unpacks to more than it says");
  });

  test("has a directory that fits its files, which do not lie over one another", () => {
    const zip = zipOf({ one: "1".repeat(50), two: "2".repeat(50) }, 0);
    const directory = new DataView(zip.buffer).getUint32(zip.length - 6, true);
    const over = zip.slice();
    // The second entry of the directory leads to the first file.
    new DataView(over.buffer).setUint32(directory + 46 + 3 + 42, 0, true);
    expect(readZip(over, MOST).ok).toBe(false);
    expect(readZip(new Uint8Array([...zip, 0]), MOST).ok).toBe(false);
    expect(readZip(zip.slice(0, -1), MOST).ok).toBe(false);
    expect(readZip(new Uint8Array(), MOST).ok).toBe(false);
  });

  test("is refused or read, whatever its bytes are, and never more", async () => {
    const zip = await zipped(PIECES);
    await fc.assert(
      fc.asyncProperty(fc.nat(zip.length - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
        const changed = zip.slice();
        changed[at] = (changed[at] as number) ^ by;
        const files = await unzipped(changed).catch((error: unknown) => (error instanceof Error ? error.message : ""));
        if (typeof files !== "string") expect([...files.values()].reduce((sum, text) => sum + text.length, 0)).toBeLessThan(MOST);
      }),
      { numRuns: manyOr(100, 5_000) },
    );
  });
});

describe("lines", () => {
  const linesIn = async (chunks: string[], most = 100): Promise<string[]> => {
    const lines: string[] = [];
    async function* bytes() {
      for (const chunk of chunks) yield await Promise.resolve(utf8(chunk));
    }
    for await (const line of bundleLines(bytes(), most)) lines.push(line);
    return lines;
  };

  test("are the same however they come", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ maxLength: 20 }).filter((text) => !text.includes("\n") && text.isWellFormed())),
        fc.integer({ min: 1, max: 9 }),
        async (lines, by) => {
          const bytes = utf8(lines.map((line) => `${line}\n`).join(""));
          async function* pieces() {
            for (let at = 0; at < bytes.length; at += by) yield await Promise.resolve(bytes.subarray(at, at + by));
          }
          const read: string[] = [];
          for await (const line of bundleLines(pieces(), 100)) read.push(line);
          expect(read).toEqual(lines);
        },
      ),
      { numRuns: manyOr(50, 500) },
    );
  });

  test("end, and have a length", async () => {
    await expect(linesIn(["a\nb"])).rejects.toThrow("no end");
    await expect(linesIn([`${"a".repeat(101)}\n`])).rejects.toThrow("longer than any");
    await expect(linesIn(["a".repeat(60), "a".repeat(60)])).rejects.toThrow("longer than any");
  });
});
