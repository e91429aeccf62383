/** How the record stands to the log, for whoever opens it: first it takes in what has come meanwhile, as far as that is little. */
import type { Context } from "hono";
import type { TakenInItem } from "#api/audit/audit-data.ts";
import { errorText, logLine } from "#config/log-line.ts";
import { takeIn } from "#gate/audit/take-in.ts";
import type { App } from "#http/context.ts";
import { takeInPorts } from "#storage/audit/copied-leaves.ts";

/** Writes of leaves for somebody who waits: the rest the cron takes in. */
export const WHILE_WAITED_FOR = 2;

/** Where leaves cannot be taken in now, what is there is told of all the same, and how far it goes. */
export async function recordStanding(c: Context<App>, audit: D1Database, most: number): Promise<TakenInItem> {
  const ports = takeInPorts(c.env.DB, audit);
  const told = async (writes: number): Promise<TakenInItem> => {
    const { reached, of } = await takeIn(ports, writes);
    return { leaves: reached, of };
  };
  try {
    return await told(most);
  } catch (error) {
    logLine("record-not-followed", { error: errorText(error) });
    return told(0);
  }
}
