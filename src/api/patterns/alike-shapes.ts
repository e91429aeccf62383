/** What the page that denies what is alike is made from, and what its script reads: also the service's answers. */
import { boolean, list, nullable, object, oneOf, type Of, text } from "#countersign/json/shape.ts";
import { requestShape } from "#countersign/documents/request.ts";
import { agentId, base64url, hash, patternId, personId, requestId, time, username } from "#countersign/documents/words.ts";

export const SCOPES = ["arguments", "tool"] as const;

/** The id of the data block. */
export const ALIKE_BLOCK_ID = "alike-data";

const credentials = list(object({ id: base64url(), transports: list(text(1)) }));

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

/** `POST /a/{id}/alike/statement`. */
export const alikeDraftShape = object({
  nonce: base64url(32),
  decisions: list(object({ request: requestId, nonce: base64url(32), comment_salt: base64url(32) })),
  /** Those that are not among them, and why. */
  left_out: list(object({ request: requestId, code: text(1), detail: text() })),
  credentials,
  rp_id: text(1),
});

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

const whatNot = { code: text(1), detail: text() };
/** `POST /a/{id}/alike/decision`. */
export const deniedAlikeShape = object({
  /** What became of each: how its request stands since this denial counts; or why it does not. */
  decisions: list(
    object({
      request: requestId,
      status: nullable(oneOf("pending", "settling", "approved", "denied", "expired", "cancelled")),
      problem: nullable(object(whatNot)),
    }),
  ),
  /** What is refused from now on; both null if nothing was to be. */
  pattern: nullable(patternShape),
  pattern_problem: nullable(object(whatNot)),
});
export type DeniedAlikeAnswer = Of<typeof deniedAlikeShape>;
