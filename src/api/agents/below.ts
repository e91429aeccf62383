/** What agents send and are told about agents below them. */
import * as z from "zod/mini";
import { SERVER_NAME_PATTERN, TOOL_NAME } from "#countersign/documents/words.ts";
import type { Below } from "#rules/agents/below.ts";
import { wholeChain } from "#rules/agents/below.ts";
import { distinctName } from "../people-schemas.ts";

const DAY_SECONDS = 86_400;

const server = z.string().check(z.regex(SERVER_NAME_PATTERN, "name of a server"));
const tool = z.string().check(
  z.maxLength(149),
  z.refine((given) => {
    const at = given.indexOf(".");
    return SERVER_NAME_PATTERN.test(given.slice(0, Math.max(at, 0))) && TOOL_NAME.test(given.slice(at + 1));
  }, "a tool with its server, such as files.read_file"),
);
/** Each once, in one order. */
const eachOnce = (one: z.ZodMiniType<string, string>, most: number) =>
  z.pipe(
    z.array(one).check(z.maxLength(most)),
    z.transform((given) => [...new Set(given)].toSorted()),
  );

/** What is left out is as the agent above has it; `expires_in` in seconds. */
export const belowBody = z.strictObject({
  name: distinctName,
  expires_in: z.optional(z.int().check(z.minimum(60), z.maximum(DAY_SECONDS))),
  servers: z.optional(eachOnce(server, 100)),
  tools: z.optional(eachOnce(tool, 500)),
});

interface Named {
  id: string;
  name: string;
}

/** An agent below another, as those above it, and people, see it. `chain`: from the top to itself. */
export interface BelowItem extends Named {
  chain: Named[];
  expires_at: string;
  servers: string[] | null;
  tools: string[] | null;
}

/** With what it is below, and for what. */
export const belowItem = ({ id, name }: Named, below: Below): BelowItem => ({
  id,
  name,
  chain: wholeChain(below, { id, name }),
  expires_at: below.endsAt,
  servers: below.scope.servers === null ? null : [...below.scope.servers],
  tools: below.scope.tools === null ? null : [...below.scope.tools],
});
