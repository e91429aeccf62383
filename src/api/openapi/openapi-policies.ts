/** The routes of /api/v1 for policies. */
import * as z from "zod/mini";
import { body, json, named, people as security, refused } from "./openapi-parts.ts";
import { proposalList, proposalsQuery } from "../policies/proposal-data.ts";
import {
  awaitingPolicy,
  checkedPolicy,
  madePolicy,
  policyBody,
  policyCheckBody,
  policyList,
  policyReplayBody,
  publishedPolicy,
  replayedPolicy,
} from "../policy-data.ts";

export const policyPaths = {
  "/policies": {
    get: {
      summary: "Every published version, the newest first, and what lacks an admin's signature",
      security,
      requestParams: { query: z.object({ cursor: z.optional(z.string()) }) },
      responses: { 200: json("The versions.", policyList), default: refused },
    },
    post: {
      summary: "Publish a policy, with admins' signatures over its version, its hash and the one before",
      security,
      requestBody: body(policyBody),
      responses: {
        201: json("In force: no ask or use is judged by the version before any more.", madePolicy),
        202: json("Signed, and another admin has to sign as well.", awaitingPolicy),
        default: refused,
      },
    },
  },
  "/policies/proposals": {
    get: {
      summary: "Rules that are proposed from what people approved within 30 days and never denied; or from one approved request",
      security,
      requestParams: { query: proposalsQuery },
      responses: {
        200: json("What was approved most often first, each with a rule for the policy's text.", proposalList),
        default: refused,
      },
    },
  },
  "/policies/{version}": {
    get: {
      summary: "A published version, with its text",
      security,
      requestParams: { path: z.object({ version: z.string() }) },
      responses: { 200: json("The version.", named(publishedPolicy, "Policy")), default: refused },
    },
  },
  "/policies/check": {
    post: {
      summary: "Everything that is said of a text, and what it would change; nothing is stored",
      security,
      requestBody: body(policyCheckBody),
      responses: { 200: json("Whether it may be published.", checkedPolicy), default: refused },
    },
  },
  "/policies/replay": {
    post: {
      summary: "Which of the newest asks a text would have judged otherwise; nothing is stored",
      security,
      requestBody: body(policyReplayBody),
      responses: { 200: json("These asks, judged by both.", replayedPolicy), default: refused },
    },
  },
};
