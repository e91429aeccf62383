/** The routes of /api/v1 by which an agent has agents below it. */
import { belowBody } from "../agents/below.ts";
import { agentsBelowList, madeBelow } from "../agents/below-data.ts";
import { agents as security, body, json, named, refused } from "./openapi-parts.ts";
import * as z from "zod/mini";

export const belowPaths = {
  "/agents/self/delegations": {
    get: {
      summary: "The agents below this one that stand, at any depth",
      security,
      responses: { 200: json("The agents, the oldest first.", agentsBelowList), default: refused },
    },
    post: {
      summary: "Make a key for an agent below this one: for at most a day, and for no more than this one may do",
      security,
      requestBody: body(named(belowBody, "AgentBelow")),
      responses: { 201: json("The agent and its key, which is shown only here.", madeBelow), default: refused },
    },
  },
  "/agents/self/delegations/{id}": {
    delete: {
      summary: "End an agent below this one at once and for good, with all below it",
      security,
      requestParams: { path: z.object({ id: z.string() }) },
      responses: { 204: { description: "Ended." }, default: refused },
    },
  },
} as const;
