/** A witness's HTTP: its addresses, and its limits. */
import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { serveWitness, WITNESS_LIMITS, type WitnessLimits, type WitnessLogLine } from "#countersign/cli/witness/witness-server.ts";
import { makeCosigner } from "#countersign/tlog/cosignature.ts";
import { makeSigner } from "#countersign/tlog/note.ts";
import { WitnessLedger } from "#countersign/tlog/witness-ledger.ts";
import { WitnessedLog } from "#test/support/witnesses/witnessed-log.ts";

const ORIGIN = "gate.example.com/log";
const ORIGIN_HASH = hex(sha256(utf8(ORIGIN)));
const logKey = await makeSigner(ORIGIN, new Uint8Array(32).fill(1));
const cosigner = await makeCosigner("witness.example/w1", new Uint8Array(32).fill(9));
const log = new WitnessedLog([logKey], 20);

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function serve(limits: Partial<WitnessLimits> = {}, keep: () => Promise<void> = async () => {}) {
  const lines: WitnessLogLine[] = [];
  const service = {
    logKeys: [logKey],
    cosigner,
    memory: new WitnessLedger(new Map(), keep),
    now: () => 1_795_200_000,
    prefix: "",
    keepEvidence: async () => await Promise.resolve("evidence.json"),
    log: (line: WitnessLogLine) => void lines.push(line),
  };
  const running = await serveWitness(service, { host: "127.0.0.1", port: 0 }, { ...WITNESS_LIMITS, ...limits });
  stops.push(async () => await running.stop().catch(() => {}));
  const post = async (body: string | Uint8Array<ArrayBuffer> | ReadableStream) =>
    await fetch(`${running.address}/add-checkpoint`, {
      method: "POST",
      body,
      ...(body instanceof ReadableStream ? { duplex: "half" } : {}),
    });
  return { ...running, lines, post };
}

/** A connection of its own: what it is sent, as far as it has come, and its end. */
async function rawConnection(address: string) {
  const socket = connect(Number(new URL(address).port), "127.0.0.1");
  let received = "";
  socket.setEncoding("utf8");
  socket.on("data", (text: string) => (received += text));
  socket.on("error", () => {});
  const closed = once(socket, "close");
  await once(socket, "connect");
  return { socket, closed, received: () => received };
}

describe("addresses", () => {
  test("are two, each with its methods; everything else is not there", async () => {
    const { address, post } = await serve();
    expect((await post(await log.request(0, 7))).status).toBe(200);
    const status = async (path: string, method = "GET") => (await fetch(address + path, { method })).status;
    expect(await status(`/${ORIGIN_HASH}/checkpoint`)).toBe(200);
    expect(await status(`/${ORIGIN_HASH}/checkpoint`, "HEAD")).toBe(200);
    expect(await status(`/${ORIGIN_HASH}/checkpoint`, "POST")).toBe(405);
    expect(await status("/add-checkpoint")).toBe(405);
    for (const path of [
      "/",
      "/add-checkpoint/",
      "/add-checkpoint?old=7",
      "//add-checkpoint",
      "/sign-subtree",
      `/${ORIGIN_HASH}`,
      `/${ORIGIN_HASH}/checkpoint/`,
      `/${ORIGIN_HASH.toUpperCase()}/checkpoint`,
      `/${"0".repeat(64)}/checkpoint`,
      `/${ORIGIN}/checkpoint`,
    ]) {
      expect(await status(path), path).toBe(404);
    }
  });

  test("are never cached, and say what they serve", async () => {
    const { address, post } = await serve();
    await post(await log.request(0, 7));
    const { headers } = await fetch(`${address}/${ORIGIN_HASH}/checkpoint`);
    expect(Object.fromEntries(headers)).toMatchObject({
      "content-type": "text/plain; charset=utf-8",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    });
  });

  test("one connection serves many requests", async () => {
    const { address } = await serve();
    const { socket, received } = await rawConnection(address);
    const get = "GET /nowhere HTTP/1.1\r\nhost: witness.example\r\n\r\n";
    socket.write(get + get);
    while (received().split("no-such-address\n").length < 3) await once(socket, "data");
    expect(received()).not.toContain("connection: close");
    socket.destroy();
  });
});

describe("limits", () => {
  test("a body up to the limit is read, and not a byte more", async () => {
    const { post, lines } = await serve({ bodyBytes: 1000 });
    expect((await post("x".repeat(1000))).status).toBe(400);
    const tooLarge = await post("x".repeat(1001));
    expect([tooLarge.status, tooLarge.headers.get("connection"), await tooLarge.text()]).toEqual([413, "close", "too-large\n"]);
    const chunks = new ReadableStream({ pull: (controller) => controller.enqueue(utf8("x".repeat(600))) }, { highWaterMark: 0 });
    expect((await post(chunks).catch(() => ({ status: 413 }))).status).toBe(413);
    expect(lines.map(({ reason }) => reason)).toEqual(["malformed-request", "too-large", "too-large"]);
  });

  test("the largest request of the specification is within it", () => {
    const [proofLine, signatureLine] = [45, Math.ceil((5_000 * 4) / 3) + 300];
    expect(WITNESS_LIMITS.bodyBytes).toBeGreaterThan(63 * proofLine + 16 * signatureLine + 1_000);
  });

  test("a request that does not come to its end in time", async () => {
    const { address, lines } = await serve({ requestMs: 200 });
    const { socket, closed, received } = await rawConnection(address);
    socket.write("POST /add-checkpoint HTTP/1.1\r\nhost: witness.example\r\ncontent-length: 100\r\n\r\nold 7\n");
    await closed;
    expect(received()).toMatch(/^(HTTP\/1\.1 408 [^]*)?$/);
    expect(lines).toMatchObject([{ event: "refused", status: 408, reason: "incomplete" }]);
  });

  test("a caller that goes away is not a failure", async () => {
    const { address, lines, post } = await serve();
    const { socket, closed } = await rawConnection(address);
    socket.write("POST /add-checkpoint HTTP/1.1\r\nhost: witness.example\r\ncontent-length: 100\r\n\r\nold 7\n", () => socket.destroy());
    await closed;
    expect((await post(await log.request(0, 7))).status).toBe(200);
    expect(lines.map(({ event }) => event)).not.toContain("failed");
  });

  test("more at once than it has room for", async () => {
    const keeping = Promise.withResolvers<void>();
    const { post } = await serve({ waiting: 2 }, async () => await keeping.promise);
    const request = await log.request(0, 7);
    const answers = [post(request), post(request), post(request)];
    const first = await Promise.race(answers);
    expect([first.status, first.headers.get("retry-after"), await first.text()]).toEqual([503, "1", "busy\n"]);
    keeping.resolve();
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([200, 409, 503]);
  });

  test("more connections than it has room for", async () => {
    const { address } = await serve({ connections: 1 });
    const first = await rawConnection(address);
    const second = await rawConnection(address);
    await second.closed;
    expect(second.received()).toBe("");
    first.socket.destroy();
  });
});

describe("stopping", () => {
  test("answers what is here, and takes nothing more", async () => {
    const [keeping, began] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const { address, stop, post } = await serve({}, async () => {
      began.resolve();
      await keeping.promise;
    });
    const pending = post(await log.request(0, 7));
    await began.promise;
    const stopped = stop();
    await expect(fetch(address)).rejects.toThrow("fetch failed");
    keeping.resolve();
    expect((await pending).status).toBe(200);
    expect(await Promise.race([stopped, once(process, "never", { signal: AbortSignal.timeout(2_000) })])).toBeUndefined();
  });

  test("breaks off what does not come to an end", async () => {
    const { address, stop } = await serve({ stoppingMs: 50 });
    const { socket, closed } = await rawConnection(address);
    socket.write("POST /add-checkpoint HTTP/1.1\r\nhost: witness.example\r\ncontent-length: 100\r\n\r\nold 7\n");
    await fetch(`${address}/`);
    await Promise.all([stop(), closed]);
    expect(socket.destroyed).toBe(true);
  });
});

test("nothing that a stranger wrote is in a log line", async () => {
  const { address, post, lines } = await serve();
  const other = await makeSigner("evil.example/log", new Uint8Array(32).fill(5));
  await post(await new WitnessedLog([other], 5).request(0, 5));
  await post("evil");
  await fetch(`${address}/evil?evil`, { headers: { "user-agent": "evil" } });
  expect(lines.map(({ status }) => status)).toEqual([404, 400, 404]);
  expect(JSON.stringify(lines)).not.toContain("evil");
});
