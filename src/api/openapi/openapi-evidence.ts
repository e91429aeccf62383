/** The route of /api/v1 for evidence bundles. */
import { people as security, refused } from "./openapi-parts.ts";
import { bundleQuery } from "../evidence/evidence-data.ts";

export const evidencePaths = {
  "/audit/export": {
    get: {
      summary: "A signed evidence bundle of a period: everything between two states of the log, for an audit",
      security,
      requestParams: { query: bundleQuery },
      responses: {
        200: { description: "One zip file (docs/formats.md, Evidence bundle).", content: { "application/zip": {} } },
        default: refused,
      },
    },
  },
};
