/** The routes of /api/v1 for the record: what was asked, decided and done, searched and exported. */
import * as z from "zod/mini";
import { body, json, named, people as security, refused } from "./openapi-parts.ts";
import {
  auditDetail,
  auditEntry,
  auditExportQuery,
  auditList,
  auditQuery,
  filterPath,
  savedFilter,
  savedFilterBody,
  savedFilterList,
} from "../audit/audit-data.ts";

named(auditEntry, "AuditEntry");

export const auditPaths = {
  "/audit": {
    get: {
      summary: "Every record of the log and every call, the newest first",
      security,
      requestParams: { query: auditQuery },
      responses: { 200: json("At most 50 entries, and how much of the log the record has.", auditList), default: refused },
    },
  },
  "/audit/export": {
    get: {
      summary:
        "The same, the oldest first, as lines of JSON or as CSV, what was cut off going on from the cursor of its last whole line; or a signed evidence bundle of a period",
      security,
      requestParams: { query: z.extend(auditExportQuery, { format: z.enum(["csv", "ndjson", "bundle"]) }) },
      responses: {
        200: {
          description:
            "Lines, and at the end one that says that nothing is missing, or where it goes on; of a bundle one zip file (docs/formats.md, Evidence bundle).",
          content: { "application/x-ndjson": { schema: z.string() }, "text/csv": { schema: z.string() }, "application/zip": {} },
        },
        default: refused,
      },
    },
  },
  "/audit/filters": {
    get: {
      summary: "What you have saved to look for again",
      security,
      responses: { 200: json("Your filters, by name.", savedFilterList), default: refused },
    },
  },
  "/audit/filters/{name}": {
    put: {
      summary: "Save what to look for again, under a name of yours",
      security,
      requestParams: { path: filterPath },
      requestBody: body(savedFilterBody),
      responses: { 200: json("As it is saved.", savedFilter), default: refused },
    },
    delete: {
      summary: "Forget what you saved",
      security,
      requestParams: { path: filterPath },
      responses: { 204: { description: "It is not there any more." }, default: refused },
    },
  },
  "/audit/{entry}": {
    get: {
      summary: "One entry, with the record that the log commits to, and where its proof is",
      security,
      requestParams: { path: z.object({ entry: z.string() }) },
      responses: { 200: json("The entry.", auditDetail), default: refused },
    },
  },
};
