/** What `/api/v1/agents/self/delegations` answers, as OpenAPI says it. */
import * as z from "zod/mini";
import * as words from "#countersign/documents/words.ts";
import { fitting } from "../document.ts";

const time = fitting(z.string(), words.time);
const named = { id: fitting(z.string(), words.agentId), name: z.string() };
const members = {
  ...named,
  chain: z.array(z.looseObject(named)),
  expires_at: time,
  servers: z.nullable(z.array(z.string())),
  tools: z.nullable(z.array(z.string())),
};

export const madeBelow = z.looseObject({ ...members, key: z.string() });
export const agentsBelowList = z.looseObject({ items: z.array(z.looseObject({ ...members, created_at: time, stopped: z.boolean() })) });
