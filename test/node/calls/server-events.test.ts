/** Server-sent events: what is read of them however they are cut, and what is written in their place. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8 } from "#countersign/encoding/bytes.ts";
import { credentialsOf } from "#rules/calls/masking/credentials.ts";
import { maskServerEvent } from "#rules/calls/masking/mask-event.ts";
import { NO_MASKS } from "#rules/calls/masking/masks.ts";
import { type ServerEvent, ServerEvents, type ServerEventsRead, writeServerEvent } from "#rules/calls/masking/server-events.ts";
import { masksOf } from "#test/support/calls/masking.ts";

const MOST = 1_000_000;

function read(bytes: Uint8Array, cuts: readonly number[] = [], most = MOST): ServerEventsRead & { isCutOff: boolean } {
  const stream = new ServerEvents(most);
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  const events: ServerEvent[] = [];
  let from = 0;
  let isTooLarge = false;
  for (const end of ends) {
    const pushed = stream.push(bytes.slice(from, end));
    events.push(...pushed.events);
    isTooLarge = pushed.isTooLarge;
    from = end;
  }
  return { events, isTooLarge, ...stream.end() };
}
const event = (data: string | null, ...fields: string[]): ServerEvent => ({ fields, data, isComment: false });

describe("a stream of events", () => {
  it("is read as the specification says", () => {
    const text =
      '\ufeffid: 1\nevent: message\ndata: {"a":1}\n\n: ping\n\ndata:x\ndata:  y\ndata\n\nretry: 3000\r\nid:2\r\ndata: z\r\n\r\nunknown: q\rdata: \u00e4\r\r\n\nid: 3\ndata:\n\ndata: not complete\n';
    expect(read(utf8(text))).toEqual({
      events: [
        event('{"a":1}', "id: 1", "event: message"),
        { fields: [], data: null, isComment: true },
        event("x\n y\n"),
        event("z", "retry: 3000", "id:2"),
        event("ä"),
        event("", "id: 3"),
      ],
      isTooLarge: false,
      isCutOff: true,
    });
  });

  it("is written again with other data, and reads as what it was", () => {
    const written = writeServerEvent(event('{"a":1}', "id: 1", "event: message"), '{\n"a": "[masked]"\r\n}');
    expect(written).toBe('id: 1\nevent: message\ndata: {\ndata: "a": "[masked]"\ndata: }\n\n');
    expect(read(utf8(written)).events).toEqual([event('{\n"a": "[masked]"\n}', "id: 1", "event: message")]);
    expect(writeServerEvent({ fields: [], data: null, isComment: true }, null)).toBe(":\n\n");
  });

  it("ends at an event that is too large, after those before it, in whatever pieces", () => {
    const bytes = utf8(`data: ok\n\ndata: ${"x".repeat(100)}\n\ndata: never\n\n`);
    for (const cuts of [[], [3], [9, 10, 11, 50], Array.from({ length: bytes.length }, (_, i) => i)]) {
      expect(read(bytes, cuts, 60)).toMatchObject({ events: [event("ok")], isTooLarge: true });
    }
    expect(read(bytes, [], 120)).toMatchObject({ events: [event("ok"), event("x".repeat(100)), event("never")], isTooLarge: false });
  });

  it("is read alike wherever it is cut, within characters and line ends as well", () => {
    const piece = fc.constantFrom(
      "data: ",
      "data:",
      "id: 7",
      "event: x",
      ": c",
      "\n",
      "\r",
      "\r\n",
      "\n\n",
      "\r\n\r\n",
      "ä€😀",
      '{"a":"b"}',
      "\ufeff",
      "retry: 1",
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 30 }),
        fc.array(fc.nat(400), { maxLength: 12 }),
        fc.integer({ min: 5, max: 200 }),
        (pieces, cuts, most) => {
          const bytes = utf8(pieces.join(""));
          expect(read(bytes, cuts, most)).toEqual(read(bytes, [], most));
          expect(
            read(
              bytes,
              Array.from({ length: bytes.length }, (_, i) => i),
              most,
            ),
          ).toEqual(read(bytes, [], most));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it("comes back as it was, event by event", () => {
    const line = fc.string({ unit: "grapheme", maxLength: 20 }).filter((text) => !/[\r\n]/.test(text));
    const one = fc.record({ data: fc.array(line, { minLength: 1, maxLength: 3 }).map((lines) => lines.join("\n")), id: fc.option(line) });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 6 }), fc.array(fc.nat(500), { maxLength: 8 }), (all, cuts) => {
        const events = all.map(({ data, id }) => event(data, ...(id === null ? [] : [`id: ${id}`])));
        const bytes = utf8(events.map((each) => writeServerEvent(each, each.data)).join(""));
        expect(read(bytes, cuts).events).toEqual(events);
      }),
      { numRuns: 500 },
    );
  });
});

describe("an event", () => {
  const CREDENTIALS = credentialsOf(["tok-8d7f6g5h4j"]);

  it("is masked in its data, and loses fields that hold a credential", async () => {
    const masks = await masksOf({ detector: "email" });
    const given = event('{"jsonrpc":"2.0","id":1,"result":{"t":"ada@example.com"}}', "id: tok-8d7f6g5h4j", "event: message");
    expect(maskServerEvent(given, masks, CREDENTIALS)).toEqual({
      ok: true,
      value: {
        text: 'event: message\ndata: {"jsonrpc":"2.0","id":1,"result":{"t":"[masked]"}}\n\n',
        masked: [{ place: "$.t", by: "email", times: 1 }],
      },
    });
  });

  it("without a message passes, and one whose data is none is refused", async () => {
    expect(maskServerEvent(event("", "id: 4"), NO_MASKS, CREDENTIALS)).toMatchObject({ value: { text: "id: 4\ndata: \n\n" } });
    expect(maskServerEvent(event(null, "retry: 9"), NO_MASKS, CREDENTIALS)).toMatchObject({ value: { text: "retry: 9\n\n" } });
    expect(maskServerEvent(event("hello"), await masksOf({ key: "x" }), CREDENTIALS)).toEqual({ ok: false, refusal: "not-a-message" });
  });
});
