/** The routes of /api/v1 about what is refused without asking. */
import * as z from "zod/mini";
import { pattern } from "../patterns/pattern-data.ts";
import { json, named, people as security, refused } from "./openapi-parts.ts";

export const patternPaths = {
  "/patterns": {
    get: {
      summary: "What of agents is refused without asking, and until when; approvers see what they have made",
      security,
      responses: { 200: json("Those in force.", z.looseObject({ items: z.array(named(pattern, "Pattern")) })), default: refused },
    },
  },
  "/patterns/{id}": {
    delete: {
      summary: "Have people asked again at once; whoever made it, and admins",
      security,
      requestParams: { path: z.object({ id: z.string() }) },
      responses: { 204: { description: "Lifted." }, default: refused },
    },
  },
};
