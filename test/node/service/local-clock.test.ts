/** The clock of `npm start`: the cron's event, when it is due and not before. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keepTime } from "../../../scripts/local/clock.mjs";

const QUARTER_MS = 15 * 60_000;

let folder: string;
let heard: string[];
let stopping: AbortController;
const server = createServer((request, response) => {
  request.setEncoding("utf8").on("data", (chunk: string) => heard.push(chunk));
  request.on("end", () => {
    stopping.abort();
    response.end("ok");
  });
});

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "countersign-clock-"));
  heard = [];
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

test("every quarter of an hour, with the cron that is due", async () => {
  await keepTime(join(folder, "socket"), { signal: stopping.signal, now: () => 7 * QUARTER_MS - 20 });
  expect(heard).toEqual(["*/15 * * * *"]);
});

test("not before, and it ends at once when it is told to", async () => {
  const keeping = keepTime(join(folder, "socket"), { signal: stopping.signal, now: () => 7 * QUARTER_MS + 20 });
  await wait(100);
  stopping.abort();
  await keeping;
  expect(heard).toEqual([]);
});
