/** What the page that decides several requests at once is made from, and what its script reads: also the service's answers. */
import { anyObject, boolean, list, object, objectWith, type Of } from "#countersign/json/shape.ts";
import { requestShape } from "#countersign/documents/request.ts";
import { personId, requestId, time, username } from "#countersign/documents/words.ts";
import { approvalPageStateShape, mentionedPeopleShape } from "../approval-page-data.ts";
import { readingAidsShape } from "../reading/reading-aids.ts";
import { broughtShape } from "./signing-shapes.ts";

/** The id of the data block. */
export const BATCH_BLOCK_ID = "batch-data";

const batchItemShape = objectWith(
  {
    request: requestShape,
    payload: anyObject,
    aids: readingAidsShape,
    state: approvalPageStateShape,
    /** Whether its payload is made only once somebody opens it, because the page would be too large. */
    is_folded: boolean,
  },
  {
    /** Whether it passes if nobody denies it; left out where it does not. */
    passes_in_silence: boolean,
  },
);
export type BatchItem = Of<typeof batchItemShape>;

export const batchPageShape = object({
  items: list(batchItemShape),
  person: object({ id: personId, username }),
  /** Names of everyone the requests mention by id. */
  people: mentionedPeopleShape,
  /** Whether the person has a passkey that stands. */
  can_sign: boolean,
  /** The server's clock. */
  now: time,
});
export type BatchPageData = Of<typeof batchPageShape>;

/** `GET /batch/state`: which of those that were asked about wait for this person still, and until when, as the lists of people have it. */
export const stillWaitingShape = object({ waiting: list(object({ id: requestId, expires_at: time })) });

/** `POST /batch/decision`. */
export const decidedBatchShape = object({ decisions: list(broughtShape) });
