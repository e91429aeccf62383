/**
 * What helps to read a request and nobody signs: marks on its payload, and of a call at the gateway what its tool's accepted definition
 * says of it, and what was approved last. The page shows nothing of it in the place of what is signed; its script makes the same views of it.
 */
import {
  anyObject,
  boolean,
  integer,
  list,
  nullable,
  object,
  objectWith,
  oneOf,
  type Of,
  type Shape,
  text,
} from "#countersign/json/shape.ts";
import type { JsonValue } from "#countersign/json/canonical-json.ts";
import { requestId, time } from "#countersign/documents/words.ts";
import { LOOK_ABOUT } from "#rules/reading/look/look.ts";
import { MARK_KINDS } from "#rules/reading/mark.ts";

/** Names from the payload down to a value, items by their number from 1. */
const place = list(text());

/** What the data block has was read as JSON. */
const anyJson: Shape<JsonValue> = (value) => value as JsonValue;

export const readingAidsShape = objectWith(
  {
    /** Stretches of texts, in UTF-16 code units; of each text in order and none over another. */
    marks: list(object({ at: place, from: integer(0), to: integer(0), kind: oneOf(...MARK_KINDS), says: text() })),
    /** Lines below values. */
    notes: list(object({ at: place, text: text(1), isWarning: boolean })),
    call: nullable(
      objectWith(
        {
          /** The tool's definition as admins accepted it; the call's `schema_hash` is its pin. */
          definition: anyObject,
          /** With what credential its server is asked, as the end of a sentence; null where that is not known. */
          runs_as: nullable(text(1)),
          /** What its annotations mean, as the end of a sentence, and whether that is to be afraid of. */
          hints: text(1),
          is_grave: boolean,
          /** How often the agent asked for the same while it is pending, if more than once. */
          asked: nullable(integer(2)),
        },
        {
          /** Sent as soon as it is approved, whether its agent waits or not. */
          at_once: oneOf(true),
        },
      ),
    ),
    /** The last approved call of the same server and tool that this person may see; null if there is none, or its payload is not kept. */
    previous: nullable(object({ request: requestId, approved_at: time, payload: anyObject })),
  },
  {
    /** What to look at before anything else, the gravest first. `shown`: a stretch of the payload, or nothing. */
    looks: list(object({ at: place, about: oneOf(...LOOK_ABOUT), says: text(1), shown: text(), isWarning: boolean })),
    /** What was called before people were asked, with which arguments, and what counts of the answer: its hash is the request's `preview_hash`. */
    preview: object({ tool: text(1), arguments: anyObject, shown: anyJson }),
  },
);
export type ReadingAids = Of<typeof readingAidsShape>;

export const NO_AIDS: ReadingAids = { marks: [], notes: [], call: null, previous: null };
