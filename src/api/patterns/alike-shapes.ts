/** What the page that denies what is alike is made from, and what its script reads: also the service's answers. */
import { boolean, list, nullable, object, type Of, text } from "#countersign/json/shape.ts";
import { broughtShape, toldShape } from "../batch/signing-shapes.ts";
import { requestShape } from "#countersign/documents/request.ts";
import { agentId, hash, patternId, personId, requestId, time, username } from "#countersign/documents/words.ts";

export const SCOPES = ["arguments", "tool"] as const;

/** The id of the data block. */
export const ALIKE_BLOCK_ID = "alike-data";

export const alikePageShape = object({
  /** From which the page was opened. */
  source: requestId,
  /** Those that can be denied here, and whether their arguments are the same as the source's. */
  requests: list(object({ request: requestShape, same: boolean })),
  person: object({ id: personId, username }),
  /** Whether the person has a passkey that stands. */
  can_sign: boolean,
});
export type AlikePageData = Of<typeof alikePageShape>;

export const patternShape = object({
  id: patternId,
  agent: object({ id: agentId, name: text(1) }),
  server: nullable(text(1)),
  tool: nullable(text(1)),
  action: nullable(text(1)),
  arguments_hash: nullable(hash),
  comment: nullable(text()),
  until: time,
  made_at: time,
  by: object({ id: personId, username }),
});
export const patternsShape = object({ items: list(patternShape) });

/** `POST /a/{id}/alike/decision`. */
export const deniedAlikeShape = object({
  /** What became of each. */
  decisions: list(broughtShape),
  /** What is refused from now on; both null if nothing was to be. */
  pattern: nullable(patternShape),
  pattern_problem: nullable(toldShape),
});
export type DeniedAlikeAnswer = Of<typeof deniedAlikeShape>;
