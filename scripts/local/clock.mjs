/** What the platform's crons do for a deployment, as wrangler.toml says. */
import { setTimeout as wait } from "node:timers/promises";
import { readCommitted } from "../deploy/configuration.mjs";
import { post } from "./runtime.mjs";

const MINUTE_MS = 60_000;

/** A cron of the form that is every so many minutes, and how many. */
function readCron(cron) {
  const [, minutes = "1"] = /^\*(?:\/([1-9]\d?))? \* \* \* \*$/.exec(cron) ?? unknown(cron);
  return { cron, everyMs: Number(minutes) * MINUTE_MS };
}

function unknown(cron) {
  throw new Error(`wrangler.toml has a cron that npm start does not know how to keep: ${cron}`);
}

/** Hands each cron's event to the Worker whenever it is due, until `signal` is aborted. */
export async function keepTime(socket, { signal, now = Date.now }) {
  const crons = readCommitted().raw.triggers.crons.map(readCron);
  // Each for itself: one whose work takes long does not hold up the others.
  await Promise.all(crons.map((cron) => keepCron(socket, cron, { signal, now })));
}

async function keepCron(socket, { cron, everyMs }, { signal, now }) {
  while (!signal.aborted) {
    await wait(everyMs - (now() % everyMs), undefined, { signal }).catch(() => null);
    // The Worker writes itself what went wrong; the next one is due anyway.
    if (!signal.aborted) await post(socket, cron, { signal }).catch(() => null);
  }
}
