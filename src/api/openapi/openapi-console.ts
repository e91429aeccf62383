/** The routes of /api/v1 for what the console shows: sums, settings, and metrics for a scraper. */
import * as z from "zod/mini";
import { settingsDocument } from "../console/settings-data.ts";
import { summary, summaryQuery } from "../console/summary-data.ts";
import { json, metricsTokens, named, people as security, refused } from "./openapi-parts.ts";

named(summary, "Summary");
named(settingsDocument, "Settings");

export const consolePaths = {
  "/metrics": {
    get: {
      summary: "How the service does, in the text format of OpenMetrics 1.0.0, for a scraper that shows METRICS_TOKEN",
      security: metricsTokens,
      responses: {
        200: {
          description: "Metrics.",
          content: { "application/openmetrics-text; version=1.0.0; charset=utf-8": { schema: z.string() } },
        },
        default: refused,
      },
    },
  },
  "/metrics/summary": {
    get: {
      summary: "What was asked, decided and called in the last days, and what is pending now",
      security,
      requestParams: { query: summaryQuery },
      responses: { 200: json("The sums, by day.", summary), default: refused },
    },
  },
  "/settings": {
    get: {
      summary: "How this deployment is set up, and how it is; never a secret",
      security,
      responses: { 200: json("Settings, parts, and health.", settingsDocument), default: refused },
    },
  },
};
