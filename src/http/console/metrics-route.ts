/** `GET /api/v1/metrics`: for a scraper, which shows the operator's token. Costs the same whatever was. */
import type { Context } from "hono";
import { auditOf } from "#config/audit.ts";
import { type Bytes, equal, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import packageJson from "#package.json" with { type: "json" };
import { metricFamilies } from "#rules/console/families.ts";
import { OPEN_METRICS_TYPE, openMetricsText } from "#rules/console/open-metrics.ts";
import { publicAnswers } from "#rules/failure.ts";
import { readDeploymentHealth } from "#storage/console/deployment-health.ts";
import { readTotals } from "#storage/console/summed.ts";
import { cosignedBy } from "./health-items.ts";

type Refused = { reason: "metrics-off" } | { reason: "no-token" } | { reason: "wrong-token" };

const metricsFailure = publicAnswers<Refused>({
  "metrics-off": { code: "metrics_off", message: "This deployment has no metrics: its operator has set no METRICS_TOKEN." },
  "no-token": { code: "unauthorized", message: "Show the metrics token: Authorization: Bearer …" },
  "wrong-token": { code: "unauthorized", message: "That is not the metrics token." },
});

export async function showMetrics(c: Context<App>): Promise<Response> {
  const shown = checkToken(c.req.header("authorization"), c.var.config.metricsToken);
  if (!shown.ok) return problem(c, metricsFailure(shown.refusal));
  const nowMs = Date.now();
  const [standing, { totals, pending }, witnesses] = await Promise.all([
    readDeploymentHealth(c.env.DB),
    readTotals(c.env.DB, timestamp(nowMs)),
    cosignedBy(c),
  ]);
  const hasCalls = auditOf(c.env) !== null;
  const { counted, ...rest } = standing;
  const facts = { ...rest, totals, pending, witnesses, hasCalls, version: packageJson.version };
  const families = metricFamilies({ ...facts, counted: { requests: counted.requests, calls: hasCalls ? counted.calls : null } }, nowMs);
  return c.body(openMetricsText(families), 200, { "content-type": OPEN_METRICS_TYPE });
}

/** By hashes: how long it takes says nothing of the token, nor of how long it is. */
function checkToken(authorization: string | undefined, token: Bytes | null): Result<true, Refused> {
  if (token === null) return refuse({ reason: "metrics-off" });
  const given = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
  if (given === undefined) return refuse({ reason: "no-token" });
  return equal(sha256(utf8(given)), sha256(token)) ? accept(true) : refuse({ reason: "wrong-token" });
}
