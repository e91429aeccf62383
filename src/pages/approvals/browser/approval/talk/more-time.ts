/** Gives more time, once most of it is over. What is then to be signed is another request: the page is loaded anew, and read anew. */
import { type ApprovalPageData, type ApprovalPageState, approvalPageStateShape } from "#api/approval-page-data.ts";
import { byId, control, onClick, tell } from "#pages/kit/browser/page.ts";
import { post } from "#pages/kit/browser/post.ts";
import { approvalScriptTexts as texts } from "#texts/browser/approvals/page.ts";

const TICK_MS = 1_000;
const TOLD = "more-time-told";
const SIGNED = texts.moreTime.signedAlready;
const NOT_KNOWN = texts.moreTime.noAnswer;

/** Whether the request has been given more time than this page knows of. */
export const isOutOfDate = ({ request }: Pick<ApprovalPageData, "request">, { expires_at: now = "" }: ApprovalPageState): boolean =>
  now > request.expires_at;

export interface MoreTimeOffer {
  show(state: ApprovalPageState): void;
  stop(): void;
}

/** `now` is the server's clock; null where none can be given. */
export function offerMoreTime({ request, more_time: more }: ApprovalPageData, now: () => number): MoreTimeOffer | null {
  if (more === undefined) return null;
  const button = control("more-time-button", HTMLButtonElement);
  const look = (): void => {
    byId("more-time").hidden = now() < Date.parse(more.from);
  };
  const timer = setInterval(look, TICK_MS);
  look();
  onClick(button, async () => {
    button.disabled = true;
    const answer = await post(`/a/${request.id}/time`, {}, approvalPageStateShape);
    if (answer.ok) location.reload();
    else tell(answer.refusal.isKnown ? answer.refusal.detail : NOT_KNOWN, TOLD);
    button.disabled = false;
  });
  return {
    show({ decisions }) {
      if (decisions.length === 0 || !button.isConnected) return;
      button.disabled = true;
      tell(SIGNED, TOLD);
    },
    stop() {
      clearInterval(timer);
      document.getElementById("more-time")?.remove();
    },
  };
}
