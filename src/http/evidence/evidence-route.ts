/** `GET /api/v1/audit/export?format=bundle`: a signed evidence bundle, for admins and auditors. Other formats are the next handler's. */
import type { Context, Next } from "hono";
import { bundleQuery } from "#api/evidence/evidence-data.ts";
import { checkInput } from "#api/check-input.ts";
import { errorText, logLine } from "#config/log-line.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { audits } from "#gate/approvals/visible-request.ts";
import { bundlePieces } from "#gate/evidence/bundle-parts.ts";
import { type Period, planBundle } from "#gate/evidence/plan-bundle.ts";
import { logErrorCode } from "#gate/log/transparency-log.ts";
import { momentIn } from "#rules/audit/moment.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { bundleFailure } from "./evidence-failures.ts";
import { zipStream } from "./zip-stream.ts";

export async function exportBundle(c: Context<App>, next: Next): Promise<Response | void> {
  if (c.req.query("format") !== "bundle") return await next();
  const query = checkInput(bundleQuery, c.req.query());
  if (!query.ok) return problem(c, query.refusal);
  const [fromMs, toMs] = [momentIn(query.value.from, false), momentIn(query.value.to, true)];
  if (fromMs === null) return problem(c, bundleFailure({ reason: "no-such-time-from" }));
  if (toMs === null) return problem(c, bundleFailure({ reason: "no-such-time-to" }));
  const asWritten = (ms: number | undefined): string | null => (ms === undefined ? null : timestamp(ms));
  return await answer(c, { from: asWritten(fromMs), to: asWritten(toMs) });
}

async function answer(c: Context<App>, period: Period): Promise<Response> {
  const { person } = c.var;
  const ports = await c.var.ports.evidence(person);
  const plan = await planBundle(period, ports);
  if (!plan.ok) return problem(c, bundleFailure(plan.refusal));
  const { first, last } = plan.value;
  logLine("evidence-made", { person: person.id, leaves: last.size - first.size });
  const reader = { by: { id: person.id, username: person.username }, scope: audits(person) ? "everything" : "without-requests" } as const;
  const zip = zipStream(bundlePieces(plan.value, reader, ports), (error) =>
    logLine("evidence-broke-off", { person: person.id, code: logErrorCode(error) ?? "unavailable", error: errorText(error) }),
  );
  return c.body(zip, 200, {
    "content-type": "application/zip",
    "content-disposition": `attachment; filename="evidence-${first.size}-${last.size}.zip"`,
    "cache-control": "no-store",
  });
}
