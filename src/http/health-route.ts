/** `GET /healthz`: whether this deployment can do its work now, for whoever watches it. Names the part that cannot, and no more. */
import type { Context } from "hono";
import type { Bindings } from "#config/bindings.ts";
import { readConfig } from "#config/config.ts";
import type { WitnessHealth } from "#gate/log/witnessing/witnessed-log.ts";
import { errorText, logLine } from "#config/log-line.ts";
import { nearReads } from "#storage/near/near-reads.ts";
import { databaseAnswers } from "#storage/primary.ts";
import type { App } from "./context.ts";
import type { MakePorts } from "./ports.ts";

/** What has to work, in the order in which one rests on the other. Each throws if it does not. */
const PARTS: readonly [name: string, check: (env: Bindings, makePorts: MakePorts) => unknown][] = [
  ["configuration", (env) => readConfig(env)],
  ["database", (env) => databaseAnswers(env.DB)],
  ["log", async (env, makePorts) => (await makePorts(env, readConfig(env), nearReads(env.DB, null)).log()).log.checkpoint()],
];

/** How the witnesses do. Those that are away, or dispute what the log says, keep it from nothing. Undefined if there are none. */
async function witnessHealth(env: Bindings, makePorts: MakePorts): Promise<WitnessHealth | undefined> {
  const config = readConfig(env);
  if (config.witnesses === null) return undefined;
  const { log } = await makePorts(env, config, nearReads(env.DB, null)).log();
  return (await log.witnessHealth()) ?? undefined;
}

/** Costs one request to the log's object, two with witnesses, and one row read; it wakes nothing else and writes nothing. */
export async function health(c: Context<App>, makePorts: MakePorts): Promise<Response> {
  const version = c.env.VERSION?.id;
  for (const [part, check] of PARTS) {
    try {
      await check(c.env, makePorts);
    } catch (error) {
      logLine("unwell", { part, error: errorText(error) });
      return c.json({ status: "unavailable", failing: part, version }, 503);
    }
  }
  return c.json({ status: "ok", version, ...whatIsOff(c.env), witnesses: await witnessHealth(c.env, makePorts) });
}

/** The optional parts that this deployment goes without, each "off"; those that it has are not named. */
function whatIsOff(env: Bindings): Record<string, "off" | undefined> {
  const { AGENT_CALLS, SESSION_CALLS, ARCHIVE, AUDIT, CONNECTOR, NOTICES } = env;
  const config = readConfig(env);
  const off = (isOff: boolean) => (isOff ? "off" : undefined);
  return {
    call_limits: off(AGENT_CALLS === undefined || SESSION_CALLS === undefined),
    archive: off(ARCHIVE === undefined || config.archive.afterMs === null),
    vault: off(config.vaultSecret === null),
    queue: off(NOTICES === undefined),
    gateway: off(AUDIT === undefined),
    connectors: off(CONNECTOR === undefined),
  };
}
