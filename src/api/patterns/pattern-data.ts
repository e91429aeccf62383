/** What `/api/v1/patterns` answers: schemas, and the types that come from them. Browsers read it with alike-shapes.ts. */
import * as z from "zod/mini";
import * as words from "#countersign/documents/words.ts";
import type { KeptPattern } from "#rules/policies/denied-pattern.ts";
import { text } from "#countersign/json/shape.ts";
import { described, type DocumentOf, fitting } from "../document.ts";

const time = fitting(z.string(), words.time);
const notEmpty = fitting(z.string(), text(1));

export const pattern = z.looseObject({
  id: fitting(z.string(), words.patternId),
  agent: z.looseObject({ id: fitting(z.string(), words.agentId), name: notEmpty }),
  server: described(z.nullable(notEmpty), "As calls and asks name it; null: none is named."),
  tool: described(z.nullable(notEmpty), "Null: it is about asks that name none, of this action."),
  action: z.nullable(notEmpty),
  arguments_hash: described(
    z.nullable(fitting(z.string(), words.hash)),
    "SHA-256 of the canonical arguments, or of an ask's payload; null: any.",
  ),
  comment: described(z.nullable(z.string()), "What the agent is told."),
  until: time,
  made_at: time,
  by: z.looseObject({ id: fitting(z.string(), words.personId), username: fitting(z.string(), words.username) }),
});
export type PatternItem = DocumentOf<typeof pattern>;

/** A pattern as it is shown. */
export const patternItem = ({ argumentsHash, madeAt, liftedAt: _, agent, ...shown }: KeptPattern): PatternItem => ({
  ...shown,
  agent: { id: agent.id, name: agent.name },
  arguments_hash: argumentsHash,
  made_at: madeAt,
});
