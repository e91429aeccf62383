/** What every description of a route of /api/v1 is made of. */
import * as z from "zod/mini";
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
export const stopTokens = [{ stopToken: [] }];
export const metricsTokens = [{ metricsToken: [] }];
