/** The routes of /api/v1 for what people let pass without being asked again. */
import * as z from "zod/mini";
import { json, named, people as security, refused } from "./openapi-parts.ts";
import { grantItem, grantList, grantsQuery } from "../grants/grant-data.ts";

named(grantItem, "Grant");

export const grantPaths = {
  "/grants": {
    get: {
      summary: "What approvers let pass without being asked again, the newest first; an approver sees their own",
      security,
      requestParams: { query: grantsQuery },
      responses: { 200: json("At most 50 grants.", grantList), default: refused },
    },
  },
  "/grants/{id}": {
    delete: {
      summary: "Revoke a grant: any admin, and whoever gave it",
      security,
      requestParams: { path: z.object({ id: z.string() }) },
      responses: { 204: { description: "It lets nothing pass any more." }, default: refused },
    },
  },
};
