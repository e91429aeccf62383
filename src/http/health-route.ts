/** `GET /healthz`: whether this deployment can do its work now, for whoever watches it. Names the part that cannot, and no more. */
import type { Context } from "hono";
import { readConfig } from "#config/config.ts";
import type { WitnessHealth } from "#gate/log/witnessing/witnessed-log.ts";
import { errorText, logLine } from "#config/log-line.ts";
import { databaseAnswers } from "#storage/primary.ts";
import type { App } from "./context.ts";
import { logOf } from "#composition/gate-ports.ts";

/** What has to work, in the order in which one rests on the other. Each throws if it does not. */
const PARTS: readonly [name: string, check: (c: Context<App>) => unknown][] = [
  ["configuration", (c) => readConfig(c.env)],
  ["database", (c) => databaseAnswers(c.env.DB)],
  ["log", async (c) => (await logOf(c.env, readConfig(c.env))).log.checkpoint()],
];

/** How the witnesses do. Those that are away, or dispute what the log says, keep it from nothing. Undefined if there are none. */
async function witnessHealth({ env }: Context<App>): Promise<WitnessHealth | undefined> {
  const config = readConfig(env);
  if (config.witnesses === null) return undefined;
  const { log } = await logOf(env, config);
  return (await log.witnessHealth()) ?? undefined;
}

/** Costs one request to the log's object, two with witnesses, and one row read; it wakes nothing else and writes nothing. */
export async function health(c: Context<App>): Promise<Response> {
  const version = c.env.VERSION?.id;
  for (const [part, check] of PARTS) {
    try {
      await check(c);
    } catch (error) {
      logLine("unwell", { part, error: errorText(error) });
      return c.json({ status: "unavailable", failing: part, version }, 503);
    }
  }
  return c.json({ status: "ok", version, witnesses: await witnessHealth(c) });
}
