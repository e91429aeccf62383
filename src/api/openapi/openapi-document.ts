/**
 * The OpenAPI document of /api/v1, made from the schemas that check the input. The build writes it to dist/openapi.json:
 * what makes it stays out of the Worker.
 */
import * as z from "zod/mini";
import { createDocument } from "zod-openapi";
import { answerBody, approvalDocument, askBody, cancelBody, outcomeBody, redeemBody, waitQuery } from "../approval-schemas.ts";
import { agents, body, json, named, people, refused, withReaders } from "./openapi-parts.ts";
import { auditPaths } from "./openapi-audit.ts";
import { belowPaths } from "./openapi-below.ts";
import { callPaths } from "./openapi-calls.ts";
import { grantPaths } from "./openapi-grants.ts";
import { channelPaths } from "./openapi-channels.ts";
import { connectorPaths } from "./openapi-connectors.ts";
import { consolePaths } from "./openapi-console.ts";
import { listApprovals } from "./openapi-inbox.ts";
import { serverPaths } from "./openapi-servers.ts";
import { notificationPaths } from "./openapi-notifications.ts";
import { patternPaths } from "./openapi-patterns.ts";
import { peoplePaths } from "./openapi-people.ts";
import { policyPaths } from "./openapi-policies.ts";

const approval = named(approvalDocument, "Approval");
const id = z.object({ id: z.string() });

export const openApiDocument = createDocument({
  openapi: "3.1.1",
  info: {
    title: "Countersign",
    version: "1",
    description:
      "A person approves the exact action before an agent does it. Agents call with an API key, people with a session; neither opens what is the other's.",
    license: { name: "MIT", identifier: "MIT" },
  },
  servers: [{ url: "/api/v1" }],
  components: {
    securitySchemes: {
      metricsToken: { type: "http", scheme: "bearer", description: "The operator's METRICS_TOKEN, which opens this alone." },
      stopToken: { type: "http", scheme: "bearer", description: "A person's stop token, which opens this alone." },
      apiKey: { type: "apiKey", in: "header", name: "X-Api-Key" },
      bearer: { type: "http", scheme: "bearer" },
      commandLine: { type: "http", scheme: "bearer", description: "A command line's key, csp_…, which reads for its person." },
      session: { type: "apiKey", in: "cookie", name: "__Host-countersign" },
    },
  },
  paths: withReaders({
    "/approvals": {
      get: listApprovals,
      post: {
        summary: "Ask for approval of one exact action",
        security: agents,
        requestParams: { header: z.object({ "Idempotency-Key": z.optional(z.string()) }) },
        requestBody: body(named(askBody, "Ask")),
        responses: {
          200: json("The request asked for before: with the same idempotency key; or without one, the same that still waits.", approval),
          201: json("A new request.", approval),
          default: refused,
        },
      },
    },
    "/approvals/{id}": {
      get: {
        summary: "Read a request, waiting for its end if asked to",
        security: agents,
        requestParams: { path: id, query: waitQuery },
        responses: { 200: json("The request.", approval), default: refused },
      },
    },
    "/approvals/{id}/cancel": {
      post: {
        summary: "Withdraw a pending request",
        security: agents,
        requestParams: { path: id },
        requestBody: body(cancelBody),
        responses: { 200: json("The request.", approval), default: refused },
      },
    },
    "/approvals/{id}/redeem": {
      post: {
        summary: "Use an approved request up, once, right before acting",
        security: agents,
        requestParams: { path: id, header: z.object({ "Idempotency-Key": z.optional(z.string()) }) },
        requestBody: body(redeemBody),
        responses: { 200: json("The request, redeemed by this call.", approval), default: refused },
      },
    },
    "/approvals/{id}/outcome": {
      post: {
        summary: "Say how the action went",
        security: agents,
        requestParams: { path: id },
        requestBody: body(outcomeBody),
        responses: { 200: json("The request.", approval), default: refused },
      },
    },
    "/approvals/{id}/answer": {
      post: {
        summary: "Answer what a person asked before deciding",
        security: agents,
        requestParams: { path: id },
        requestBody: body(answerBody),
        responses: { 200: json("The request, with the answer.", approval), default: refused },
      },
    },
    "/approvals/{id}/receipt": {
      get: {
        summary: "The receipt of a request that has ended: verifies offline",
        security: [...agents, ...people],
        requestParams: { path: id },
        responses: { 200: json("The receipt (docs/formats.md).", z.looseObject({})), default: refused },
      },
    },
    ...belowPaths,
    ...peoplePaths,
    ...patternPaths,
    ...notificationPaths,
    ...policyPaths,
    ...callPaths,
    ...auditPaths,
    ...grantPaths,
    ...channelPaths,
    ...serverPaths,
    ...connectorPaths,
    ...consolePaths,
  }),
});
