/** The console's overview and settings: as pages, and over REST. */
import type { Context } from "hono";
import { checkInput } from "#api/check-input.ts";
import { summaryQuery } from "#api/console/summary-data.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { pagePerson } from "#http/pages.tsx";
import { OverviewPage } from "#pages/console/overview-page.tsx";
import { SettingsPage } from "#pages/console/settings-page.tsx";
import { settingsFor } from "./settings-items.ts";
import { summaryFor } from "./summary-items.ts";

const DEFAULT_DAYS = "30";

/** `GET /api/v1/metrics/summary?days=`. */
export async function showSummary(c: Context<App>): Promise<Response> {
  const query = checkInput(summaryQuery, c.req.query());
  return query.ok ? c.json(await summaryFor(c, Number(query.value.days ?? DEFAULT_DAYS))) : problem(c, query.refusal);
}

/** `GET /admin?days=`. */
export async function overviewPage(c: Context<App>): Promise<Response> {
  const query = checkInput(summaryQuery, c.req.query());
  if (!query.ok) return problem(c, query.refusal);
  const days = query.value.days ?? DEFAULT_DAYS;
  return c.html(<OverviewPage person={pagePerson(c.var.person)} days={days} summary={await summaryFor(c, Number(days))} />);
}

/** `GET /api/v1/settings`. */
export const showSettings = async (c: Context<App>): Promise<Response> => c.json(await settingsFor(c));

/** `GET /admin/settings`. */
export const settingsPage = async (c: Context<App>): Promise<Response> =>
  c.html(<SettingsPage person={pagePerson(c.var.person)} settings={await settingsFor(c)} now={Date.now()} />);
