/** The routes of /api/v1 for calls through the gateway. */
import * as z from "zod/mini";
import { json, named, people as security, refused } from "./openapi-parts.ts";
import { callList, callProof, callsQuery, sessionQuery, sessionSteps } from "../calls/call-data.ts";

export const callPaths = {
  "/calls": {
    get: {
      summary: "What agents did through the gateway, the newest first",
      security,
      requestParams: { query: callsQuery },
      responses: { 200: json("At most 100 calls.", callList), default: refused },
    },
  },
  "/calls/sessions/{session}": {
    get: {
      summary: "A session step by step, in the order of what happened",
      security,
      requestParams: { path: z.object({ session: z.string() }), query: sessionQuery },
      responses: { 200: json("At most 100 steps.", sessionSteps), default: refused },
    },
  },
  "/calls/{agent}/{number}/proof": {
    get: {
      summary: "What proves one call, and nothing of the others, under the log",
      security,
      requestParams: { path: z.object({ agent: z.string(), number: z.string() }) },
      responses: { 200: json("The proof.", named(callProof, "CallProof")), default: refused },
    },
  },
};
