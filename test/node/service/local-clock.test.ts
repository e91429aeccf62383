/** The clock of `npm start`: each cron's event, when it is due and not before. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keepTime } from "../../../scripts/local/clock.mjs";

const MINUTE_MS = 60_000;
const QUARTER_MS = 15 * MINUTE_MS;

let folder: string;
let heard: string[];
/** So many events, and the clock is stopped. */
let enough: number;
let stopping: AbortController;
const server = createServer((request, response) => {
  request.setEncoding("utf8").on("data", (chunk: string) => heard.push(chunk));
  request.on("end", () => {
    if (heard.length === enough) stopping.abort();
    response.end("ok");
  });
});

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "countersign-clock-"));
  heard = [];
  enough = 1;
  stopping = new AbortController();
  server.listen(join(folder, "socket"));
  await once(server, "listening");
});
afterEach(async () => {
  stopping.abort();
  server.close();
  server.closeAllConnections();
  await once(server, "close");
  rmSync(folder, { recursive: true });
});

test("every minute, with the cron that is due", async () => {
  await keepTime(join(folder, "socket"), { signal: stopping.signal, now: () => 7 * QUARTER_MS + 4 * MINUTE_MS - 20 });
  expect(heard).toEqual(["* * * * *"]);
});

test("every quarter of an hour both", async () => {
  enough = 2;
  await keepTime(join(folder, "socket"), { signal: stopping.signal, now: () => 7 * QUARTER_MS - 200 });
  expect(heard.toSorted()).toEqual(["* * * * *", "*/15 * * * *"]);
});

test("not before, and it ends at once when it is told to", async () => {
  const keeping = keepTime(join(folder, "socket"), { signal: stopping.signal, now: () => 7 * QUARTER_MS + 20 });
  await wait(100);
  stopping.abort();
  await keeping;
  expect(heard).toEqual([]);
});
