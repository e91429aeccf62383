/** Of what comes from outside no more is read than is wanted, whatever it says of its length. */
import { describe, expect, it } from "vitest";
import { readBounded } from "#config/bounded-body.ts";

const PIECE = 1_000;

/** A message of as many pieces, and how many of them were taken from it. */
function message(pieces: number, headers: Record<string, string>) {
  const taken = { pieces: 0 };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (taken.pieces === pieces) return controller.close();
        taken.pieces += 1;
        controller.enqueue(new Uint8Array(PIECE));
      },
    },
    { highWaterMark: 0 },
  );
  return { response: new Response(body, { headers }), taken };
}

describe("a body", () => {
  it.each<[string, Record<string, string>]>([
    ["says nothing of its length", {}],
    ["says its length", { "content-length": "3000" }],
    ["comes in chunks", { "transfer-encoding": "chunked" }],
  ])("is read whole where it is short enough and %s", async (_, headers) => {
    expect((await readBounded(message(3, headers).response, 3 * PIECE))?.length).toBe(3 * PIECE);
  });

  it.each<[string, Record<string, string>]>([
    ["says nothing of its length", {}],
    ["says that it is too long", { "content-length": "100000" }],
    ["says a length, and comes in chunks, which end where they do", { "content-length": "10", "transfer-encoding": "chunked" }],
    ["says a length, and is longer once it is decompressed", { "content-length": "10", "content-encoding": "gzip" }],
    ["says what is no length", { "content-length": "-1" }],
  ])("is not read any further than wanted where it %s", async (_, headers) => {
    const { response, taken } = message(100, headers);
    expect(await readBounded(response, 3 * PIECE)).toBeNull();
    expect(taken.pieces).toBe(4);
  });

  it("is refused where it is longer than it says", async () => {
    expect(await readBounded(message(4, { "content-length": "10" }).response, 3 * PIECE)).toBeNull();
  });

  it("may be none", async () => {
    expect(await readBounded(new Response(null), 10)).toEqual(new Uint8Array(0));
  });
});
