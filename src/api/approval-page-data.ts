/** What the approval page is made from, and what its script reads back out of the page's data block. */
import { grantShape, MAX_GRANT_USES } from "#countersign/documents/grant.ts";
import { anyObject, integer, list, nullable, object, objectWith, oneOf, type Of, text } from "#countersign/json/shape.ts";
import { eligiblePeople, requestShape, slotsOf, usableUntil } from "#countersign/documents/request.ts";
import { readingAidsShape } from "./reading/reading-aids.ts";
import { MAX_QUESTION_LENGTH, MAX_QUESTIONS, MAX_WRONG_PICKS } from "#rules/talk/limits.ts";
import { base64url, personId, time, username } from "#countersign/documents/words.ts";

const useShape = object({
  /** When the agent redeemed it; null while that is stored and on its way into the log. */
  redeemed_at: nullable(time),
  outcome: nullable(oneOf("succeeded", "failed", "unknown")),
  reported_at: nullable(time),
  /** How it went, in the agent's own words. */
  detail: nullable(text()),
});

/** What a person asked the agent; texts are null where they are not known any more. */
const questionShape = object({
  number: integer(1),
  text: nullable(text()),
  by: object({ id: personId, username }),
  asked_at: time,
  answer: nullable(object({ text: nullable(text()), at: time })),
});

/** How the approval stands. `settling`: a decision is stored and on its way into the log, and nothing can change it. */
export const approvalPageStateShape = objectWith(
  {
    /** Changes with everything that a page waits for; the page gives it back to ask for what comes after. */
    tag: text(1),
    status: oneOf("pending", "settling", "approved", "denied", "expired", "cancelled"),
    ended_by: nullable(text(1)),
    /** Why the agent withdrew it, in its own words. */
    cancel_reason: nullable(text()),
    decided_at: nullable(time),
    decisions: list(object({ id: personId, username, verdict: oneOf("approved", "denied"), decided_at: time, comment: nullable(text()) })),
  },
  {
    /** What the agent did with it, left out as long as that is nothing. */
    use: nullable(useShape),
    /** Until when it can be decided now, where more time was given, also before the log has that; left out where nobody has given any. */
    expires_at: time,
    /** Who gave more time, as far as the log has it; left out where nobody has. */
    extended: list(object({ by: object({ id: personId, username }), from: time, until: time, at: time })),
    /** What whoever denied it would let pass instead; null where it is not kept any more. */
    proposal: object({ by: object({ id: personId, username }), payload: nullable(anyObject) }),
    /** Who picked another number than the agent shows; left out before anybody has. */
    wrong_picks: list(object({ by: object({ id: personId, username }), at: time })),
    /** Left out before anybody has asked. */
    questions: list(questionShape),
  },
);
export type ApprovalPageState = Of<typeof approvalPageStateShape>;

/** Names of people by their id. */
export const mentionedPeopleShape = list(object({ id: personId, username, display_name: text() }));

export const approvalPageShape = objectWith(
  {
    request: requestShape,
    /** Null once payloads of its age are not kept any more: then nobody decides. */
    payload: nullable(anyObject),
    /** Who is looking at the page, and would sign. */
    person: object({ id: personId, username }),
    /** Names of everyone the request mentions by id. */
    people: mentionedPeopleShape,
    rp_id: text(1),
    /** The person's passkeys. */
    credentials: list(object({ id: base64url(), transports: list(text(1)) })),
    /** b64u of 32 bytes, for the one decision this page may make; empty once nothing can be decided. */
    nonce: text(),
    /** b64u of 32 bytes; empty as the nonce is. */
    comment_salt: text(),
    /** The server's clock. */
    now: time,
    state: approvalPageStateShape,
  },
  {
    /** From when on more time can be given, and until when it then is; left out where it cannot. */
    more_time: object({ from: time, until: time }),
    /** Numbers of which whoever approves has to pick the one that the agent shows; left out where there is none to pick. */
    numbers: list(text(2, 2), 3, 3),
    /** Until when nothing of this agent that is of such risk can be approved, since something was denied; left out where nothing was. */
    cooling_until: time,
    /** What helps to read it and nobody signs. */
    aids: readingAidsShape,
    /**
     * For how many seconds and how often whoever approves may remember it; `same`: only just what those before them have signed. Left out
     * where nobody may.
     */
    remember: object({ for: integer(1), uses: integer(1, MAX_GRANT_USES), same: nullable(grantShape) }),
  },
);
export type ApprovalPageData = Of<typeof approvalPageShape>;
export type MentionedPerson = ApprovalPageData["people"][number];

/** The id of the data block. */
export const DATA_BLOCK_ID = "approval-data";

/** How many signatures the request needs in all. */
export const signaturesNeeded = (request: ApprovalPageData["request"]): number =>
  slotsOf(request).reduce((sum, slot) => sum + slot.required, 0);

/** How many have approved. */
export const signaturesGiven = ({ decisions }: ApprovalPageState): number =>
  decisions.filter(({ verdict }) => verdict === "approved").length;

/** Whether the person may decide by the time at which the page was made. */
export const isEligible = ({ request, person, now }: ApprovalPageData): boolean => eligiblePeople(request, now).has(person.id);

/** Whether a decision of this person's counts. */
export const hasDecided = (data: ApprovalPageData, state: ApprovalPageState): boolean =>
  state.decisions.some((decision) => decision.id === data.person.id);

/** Whether this person can still decide this request, the deadline aside. */
export const canDecide = (data: ApprovalPageData, state: ApprovalPageState): boolean =>
  data.payload !== null && state.status === "pending" && isEligible(data) && !hasDecided(data, state);

/** Whether this person picked wrong as often as one may: then they can only deny. */
export const mayOnlyDeny = ({ numbers, person }: ApprovalPageData, { wrong_picks: wrong = [] }: ApprovalPageState): boolean =>
  numbers !== undefined && wrong.filter(({ by }) => by.id === person.id).length >= MAX_WRONG_PICKS;

/** Whether a question can be asked now: none waits for its answer, and not as many were asked as can be. */
export const mayAskBack = ({ questions = [] }: ApprovalPageState): boolean =>
  questions.length < MAX_QUESTIONS && questions.every(({ answer, text: words }) => answer !== null || words === null);

/** Characters of a question. */
export const LONGEST_QUESTION = MAX_QUESTION_LENGTH;

/** Whether people have nothing more to do with it. */
export const isFinal = ({ status }: ApprovalPageState): boolean => status !== "pending" && status !== "settling";

/** Whether it is approved, and the agent has not used it. */
const isUnused = ({ status, use = null }: ApprovalPageState): boolean => status === "approved" && use === null;

/** How far the clock that judges a redemption may be behind the one by which a page is made. */
const CLOCKS_APART_MS = 5_000;

/** When an approval can surely no longer be used. */
export const useEndsMs = (request: ApprovalPageData["request"], { decided_at: endedAt }: ApprovalPageState): number =>
  Date.parse(endedAt === null ? request.use_by : usableUntil(request, endedAt)) + CLOCKS_APART_MS;

/** Whether it was approved in vain: at `atMs`, of the server's clock, the agent had not used it, and could no longer. */
export const isPastUse = (request: ApprovalPageData["request"], state: ApprovalPageState, atMs: number): boolean =>
  isUnused(state) && atMs > useEndsMs(request, state);

/** Whether nothing more can become of it: it was not approved, or is done, or was never used. */
export function isOver(request: ApprovalPageData["request"], state: ApprovalPageState, atMs: number): boolean {
  if (!isFinal(state)) return false;
  if (state.status !== "approved" || isPastUse(request, state, atMs)) return true;
  return state.use?.outcome === "succeeded" || state.use?.outcome === "failed";
}
