/** Composition root: the app, the cron, and the Durable Objects. */
import { readConfig } from "./config/config.ts";
import type { Bindings } from "./config/bindings.ts";
import { app } from "./composition/app.ts";
import { endOverdueAgents } from "./composition/agents/end-overdue.ts";
import { runArchiveRound } from "./composition/archive-ports.ts";
import { checkRecord, followLog } from "./composition/audit/follow-log.ts";
import { runCallsRound } from "./composition/call-ports.ts";
import { cancelStopped } from "./composition/cancel-pending.ts";
import { runConsoleRound, tidyCounts } from "./composition/console/console-round.ts";
import { deliverAll, deliverBatch, type NoticeTrigger, tidyMessages } from "./composition/delivery.ts";
import { tidyInvites, withholdNaming } from "./composition/erasure/withhold-ports.ts";
import { logOf } from "./composition/log-ports.ts";
import { tidyPatterns } from "./composition/patterns/tidy-patterns.ts";
import { listAllServers } from "./composition/server-ports.ts";
import { errorText, logLine } from "./config/log-line.ts";

export { AgentActivity } from "#durable-objects/agent-activity.ts";
export { ApprovalRequest } from "#durable-objects/approval-request.ts";
export { LogSequencer } from "#durable-objects/log-sequencer.ts";
export { Connector } from "#durable-objects/connectors/connector.ts";
export { PersonInbox } from "#durable-objects/inbox.ts";
export { UpstreamServer } from "#durable-objects/upstream-server.ts";

/** Costs nothing but itself without witnesses. */
async function refreshWitnesses(env: Bindings): Promise<void> {
  try {
    const config = readConfig(env);
    if (config.witnesses !== null) await (await logOf(env, config)).log.refreshWitnesses();
  } catch (error) {
    logLine("witnesses-not-asked", { error: errorText(error) });
  }
}

/** Nothing without an archive. */
async function tidyArchive(env: Bindings): Promise<void> {
  try {
    await runArchiveRound(env, readConfig(env));
  } catch (error) {
    logLine("archive-round-failed", { error: errorText(error) });
  }
}

/** Nothing without the record of calls. */
async function tidyCalls(env: Bindings): Promise<void> {
  try {
    await runCallsRound(env, readConfig(env));
  } catch (error) {
    logLine("calls-round-failed", { error: errorText(error) });
  }
}

/** Nothing without the record. `round`: of what is due each minute, or each quarter of an hour. */
async function keepRecord(env: Bindings, round: (env: Bindings) => Promise<void>): Promise<void> {
  try {
    await round(env);
  } catch (error) {
    logLine("record-not-followed", { error: errorText(error) });
  }
}

/** As wrangler.toml has it. Any other cron is that of every quarter of an hour. */
const EVERY_MINUTE = "* * * * *";

export default {
  fetch: app.fetch,
  scheduled: async ({ cron }, env) => {
    if (cron === EVERY_MINUTE) {
      await Promise.all([deliverAll(env), runConsoleRound(env), keepRecord(env, followLog)]);
      return;
    }
    await Promise.all([
      refreshWitnesses(env),
      tidyArchive(env),
      withholdNaming(env),
      tidyInvites(env),
      cancelStopped(env, null),
      tidyMessages(env),
      tidyCalls(env),
      keepRecord(env, checkRecord),
      tidyCounts(env),
      tidyPatterns(env),
      endOverdueAgents(env),
      listAllServers(env),
    ]);
  },
  queue: (batch, env) => deliverBatch(batch, env),
} satisfies ExportedHandler<Bindings, NoticeTrigger>;
