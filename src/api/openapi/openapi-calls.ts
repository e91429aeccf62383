/** The routes of /api/v1 for calls through the gateway. */
import * as z from "zod/mini";
import { json, named, people as security, refused } from "./openapi-parts.ts";
import { lookedAt, noticeList, noticesQuery } from "../calls/notice-data.ts";
import { callList, callProof, callsQuery, challengeProof, sessionQuery, sessionSteps } from "../calls/call-data.ts";

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
  "/challenges/{challenge}/proof": {
    get: {
      summary: "What proves that a passkey approved one call at its agent's client (SEP-2672), under the log",
      security,
      requestParams: { path: z.object({ challenge: z.string() }) },
      responses: { 200: json("The proof.", named(challengeProof, "ChallengeProof")), default: refused },
    },
  },
  "/notices": {
    get: {
      summary: "Calls that passed with a notice and that nobody has looked at yet, the newest first",
      security,
      requestParams: { query: noticesQuery },
      responses: { 200: json("At most 50 calls, each with what was unusual.", noticeList), default: refused },
    },
  },
  "/notices/{agent}/{number}/fine": {
    post: {
      summary: "Say that you have looked at it; the first to say so is kept, and nothing else changes",
      security,
      requestParams: { path: z.object({ agent: z.string(), number: z.string() }) },
      responses: { 200: json("Who has looked at it, and when.", lookedAt), default: refused },
    },
  },
};
