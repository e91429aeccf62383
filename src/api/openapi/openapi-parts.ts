/** What every description of a route of /api/v1 is made of. */
import * as z from "zod/mini";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { policyFinding } from "../policy-data.ts";

/** The schema, once in the document, under this name. */
export const named = <Schema extends z.ZodMiniType>(schema: Schema, id: string): Schema => {
  z.globalRegistry.add(schema, { ...z.globalRegistry.get(schema), id });
  return schema;
};

const problem = named(
  z.looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    errors: z.optional(z.array(z.object({ field: z.string(), message: z.string() }))),
    findings: z.optional(z.array(policyFinding)),
  }),
  "Problem",
);

export const json = (description: string, schema: z.ZodMiniType) => ({ description, content: { "application/json": { schema } } });
export const refused = {
  description: "Refused: problem details (RFC 9457) with a code.",
  content: { "application/problem+json": { schema: problem } },
};
export const body = (schema: z.ZodMiniType) => ({ required: true, content: { "application/json": { schema } } });

/** Who may call. */
export const agents = [{ apiKey: [] }, { bearer: [] }];
export const people = [{ session: [] }];
export const commandLines = [{ commandLine: [] }];
export const stopTokens = [{ stopToken: [] }];
export const metricsTokens = [{ metricsToken: [] }];

/** What people's command lines may read; `requireReader` of the route table opens the same, and a test compares the two. */
const READ_BY_COMMAND_LINES: readonly string[] = [
  "/agents",
  "/agents/{id}",
  "/audit",
  "/audit/export",
  "/audit/{entry}",
  "/calls",
  "/calls/sessions/{session}",
  "/calls/{agent}/{number}/proof",
  "/challenges/{challenge}/proof",
  "/channels",
  "/metrics/summary",
  "/people",
  "/people/{id}",
  "/policies",
  "/policies/{version}",
  "/servers",
  "/servers/{name}",
  "/servers/{name}/tools",
  "/settings",
  "/stop",
];

/** The same routes, with who else may read them. */
export const withReaders = (paths: ZodOpenApiPathsObject): ZodOpenApiPathsObject =>
  Object.fromEntries(
    Object.entries(paths).map(([path, item]) => [
      path,
      item.get !== undefined && READ_BY_COMMAND_LINES.includes(path)
        ? { ...item, get: { ...item.get, security: [...people, ...commandLines] } }
        : item,
    ]),
  );
