/** What the platform's cron does for a deployment: every quarter of an hour, as wrangler.toml says. */
import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { post } from "./runtime.mjs";

const CONFIGURATION = fileURLToPath(new URL("../../wrangler.toml", import.meta.url));
const MINUTE_MS = 60_000;

/** The cron of wrangler.toml, which is of the form that is every so many minutes, and how many. */
function readCron() {
  const [, cron, minutes] = /^crons = \["(\*\/(\d+) \* \* \* \*)"\]$/m.exec(readFileSync(CONFIGURATION, "utf8")) ?? [];
  if (cron === undefined) throw new Error("wrangler.toml has crons that npm start does not know how to keep");
  return { cron, everyMs: Number(minutes) * MINUTE_MS };
}

/** Hands the cron's event to the Worker whenever it is due, until `signal` is aborted. */
export async function keepTime(socket, { signal, now = Date.now }) {
  const { cron, everyMs } = readCron();
  while (!signal.aborted) {
    await wait(everyMs - (now() % everyMs), undefined, { signal }).catch(() => null);
    // The Worker writes itself what went wrong; the next one is due anyway.
    if (!signal.aborted) await post(socket, cron, { signal }).catch(() => null);
  }
}
