/** The gate's end of a line, by a clock that a test turns: what is not acknowledged, what takes too long, what floods, and what is bounded. */
import { beforeEach, describe, expect, test } from "vitest";
import { readSendFrame, type SendFrame, writeFrame } from "#countersign/connector/frames.ts";
import { ConnectorLine } from "#gate/connectors/object/connector-line.ts";
import { type KeptLine, type LinePorts, NO_LINE } from "#gate/connectors/object/kept-line.ts";
import { StdioServer } from "#gate/connectors/object/stdio-server.ts";

const CHILD = "child-number-one-1";
const CALL = { id: 1, method: "tools/call", params: { name: "write" } };

class Bench {
  kept: KeptLine = NO_LINE;
  nowMs = 1_000_000;
  sent: SendFrame[] = [];
  closed: number[] = [];
  isOpen = true;
  #timers = new Set<{ atMs: number; run: () => void }>();
  readonly ports: LinePorts = {
    read: () => this.kept,
    write: (kept) => void (this.kept = kept),
    socket: () =>
      this.isOpen
        ? {
            send: (text) => void this.sent.push(readSendFrame(text) as SendFrame),
            close: (code) => void this.closed.push(code),
          }
        : null,
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    now: () => this.nowMs,
    after: (ms, run) => {
      const timer = { atMs: this.nowMs + ms, run };
      this.#timers.add(timer);
      return () => this.#timers.delete(timer);
    },
  };
  readonly line = new ConnectorLine(this.ports, () => undefined);

  constructor() {
    this.line.open("con_x", "line-one");
    this.hear({ is: "child", id: CHILD, era: "legacy", initialized: "{}" });
  }

  hear(frame: Parameters<typeof writeFrame>[0]): void {
    this.line.hear("line-one", writeFrame(frame));
  }

  send(signal = new AbortController().signal) {
    return this.line.send(CALL, null, CHILD, signal);
  }

  pass(ms: number): void {
    this.nowMs += ms;
    for (const timer of this.#timers) if (timer.atMs <= this.nowMs && this.#timers.delete(timer)) timer.run();
  }

  /** Timers that would keep an object awake. */
  get awake(): number {
    return this.#timers.size;
  }
}

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});

const NOT_KNOWN = { ok: false, refusal: { reason: "unreachable", wasSent: true } };
const NOTHING_SENT = { ok: false, refusal: { reason: "unreachable", wasSent: false } };

test("nothing keeps it awake while nothing is on its way", async () => {
  expect(bench.awake).toBe(0);
  const sent = bench.send();
  expect(bench.awake).toBeGreaterThan(0);
  bench.hear({ is: "said", message: JSON.stringify({ jsonrpc: "2.0", id: bench.sent[0]?.id, result: {} }) });
  expect((await sent).ok).toBe(true);
  expect(bench.awake).toBe(0);
});

test("what is not acknowledged in time is not known, and the line is ended: it was heard of no more", async () => {
  const sent = bench.send();
  bench.pass(10_000);
  expect(await sent).toEqual(NOT_KNOWN);
  expect([bench.closed, bench.kept.line, bench.awake]).toEqual([[4010], null, 0]);
  expect(await bench.send()).toEqual(NOTHING_SENT);
  expect(bench.sent).toHaveLength(1);
});

test("what is acknowledged may take as long as any call, and is cancelled then", async () => {
  const sent = bench.send();
  bench.hear({ is: "written", id: bench.sent[0]?.id ?? "" });
  bench.pass(600_000);
  expect(bench.closed).toEqual([]);
  bench.pass(60_000);
  expect(await sent).toEqual(NOT_KNOWN);
  expect(JSON.parse(bench.sent[1]?.message ?? "{}")).toMatchObject({
    method: "notifications/cancelled",
    params: { requestId: bench.sent[0]?.id },
  });
});

test("whoever asks and leaves has it cancelled; what comes of it then is nobody's", async () => {
  const left = new AbortController();
  const sent = bench.send(left.signal);
  left.abort();
  expect(await sent).toEqual(NOT_KNOWN);
  bench.hear({ is: "said", message: JSON.stringify({ jsonrpc: "2.0", id: bench.sent[0]?.id, result: {} }) });
  expect(bench.awake).toBe(0);
  const gone = new AbortController();
  gone.abort();
  expect(await bench.send(gone.signal)).toEqual(NOTHING_SENT);
});

test("a socket that is gone takes nothing: nothing was sent", async () => {
  bench.isOpen = false;
  expect(await bench.send()).toEqual(NOTHING_SENT);
});

test("more than so many at once are not taken", async () => {
  const sent = Array.from({ length: 201 }, () => bench.send());
  expect(await sent[200]).toEqual(NOTHING_SENT);
  expect(bench.sent).toHaveLength(200);
  bench.line.end(4003, "revoked");
  expect(new Set((await Promise.all(sent.slice(0, 200))).map((one) => JSON.stringify(one)))).toEqual(new Set([JSON.stringify(NOT_KNOWN)]));
});

test("a cancellation without a session ends nobody's call: there its own exchange does", async () => {
  const server = new StdioServer(bench.line, bench.ports, () => Promise.resolve(null));
  bench.hear({ is: "child", id: "child-number-two-2", era: "modern", initialized: "{}" });
  const gone = new AbortController();
  const lost = bench.line.send(CALL, null, "child-number-two-2", gone.signal);
  const body = JSON.stringify({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: CALL.id } });
  const told = await server.exchange({ method: "POST", body, headers: {}, signal: new AbortController().signal }, null);
  expect(told).toMatchObject({ ok: true, value: { status: 202 } });
  expect(bench.sent).toHaveLength(1);
  gone.abort();
  expect(await lost).toMatchObject({ ok: false, refusal: { wasSent: true } });
  expect(bench.sent.map(({ message }) => (JSON.parse(message) as { method: string }).method)).toEqual([
    "tools/call",
    "notifications/cancelled",
  ]);
});

describe("a flood", () => {
  const foreign = { is: "said", message: '{"jsonrpc":"2.0","id":"nobody","result":{}}' } as const;

  test("of what belongs to nothing ends the line; so much over a longer time does not", () => {
    for (let n = 0; n < 300; n++) {
      bench.hear(foreign);
      bench.pass(200);
    }
    expect(bench.closed).toEqual([]);
    for (let n = 0; n < 101; n++) bench.hear(foreign);
    expect(bench.closed).toEqual([4008]);
  });

  test("is not what comes late of calls that agents have cancelled", async () => {
    for (let n = 0; n < 150; n++) {
      const left = new AbortController();
      const sent = bench.send(left.signal);
      const id = bench.sent.at(-1)?.id ?? "";
      left.abort();
      expect(await sent).toEqual(NOT_KNOWN);
      for (const written of [id, bench.sent.at(-1)?.id ?? ""]) bench.hear({ is: "written", id: written });
      bench.hear({ is: "said", message: JSON.stringify({ jsonrpc: "2.0", id, result: {} }) });
    }
    expect(bench.closed).toEqual([]);
  });

  test("of the progress of one call ends the line as well, and what was on its way is not known", async () => {
    const asked = { ...CALL, params: { ...CALL.params, _meta: { progressToken: "p" } } };
    const sent = bench.line.send(asked, null, CHILD, new AbortController().signal);
    const params = { progressToken: bench.sent[0]?.id, progress: 1 };
    for (let n = 0; n < 2_001; n++)
      bench.hear({ is: "said", message: JSON.stringify({ jsonrpc: "2.0", method: "notifications/progress", params }) });
    expect(bench.closed).toEqual([4008]);
    const answer = await sent;
    if (!answer.ok) throw new Error("no stream");
    // What nobody has read is not kept without end: it broke off.
    await expect(answer.value.text()).rejects.toThrow("the connector is gone");
  });
});

test("frames of a line that is replaced are not heard", async () => {
  const sent = bench.send();
  const { id = "" } = bench.sent[0] ?? {};
  bench.line.open("con_x", "line-two");
  expect(await sent).toEqual(NOT_KNOWN);
  bench.hear({ is: "said", message: JSON.stringify({ jsonrpc: "2.0", id, result: {} }) });
  bench.line.hear("line-one", "no frame at all");
  expect([bench.closed, bench.kept.line]).toEqual([[4001], "line-two"]);
});

test("what a child says of itself, and of its progress, is bounded", async () => {
  const asked = { ...CALL, params: { ...CALL.params, _meta: { progressToken: "p" } } };
  const sent = bench.line.send(asked, null, CHILD, new AbortController().signal);
  const { id = "" } = bench.sent[0] ?? {};
  for (const message of ["x".repeat(65_536), "short"]) {
    const params = { progressToken: id, progress: 1, message };
    bench.hear({ is: "said", message: JSON.stringify({ jsonrpc: "2.0", method: "notifications/progress", params }) });
  }
  bench.hear({ is: "said", message: JSON.stringify({ jsonrpc: "2.0", id, result: {} }) });
  const answer = await sent;
  if (!answer.ok) throw new Error("no stream");
  const told = (await answer.value.text()).split("\n\n").filter((event) => event !== "");
  expect(told.map((event) => event.includes("xxx"))).toEqual([false, false]);
  expect(bench.closed).toEqual([]);
  bench.hear({ is: "child", id: "child-number-two-2", era: "legacy", initialized: "x".repeat(262_145) });
  expect(bench.closed).toEqual([4000]);
});
