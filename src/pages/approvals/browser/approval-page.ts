/**
 * The approval page's script: enables Deny once the page is proven to show what would be signed, and Approve once all
 * of the payload was seen as well, asks for the passkey, and keeps the state current. It signs nothing but what it computed from what is shown.
 */
import { WebAuthnAbortService } from "@simplewebauthn/browser";
import { type ApprovalPageData, type ApprovalPageState, canDecide, isFinal, isOver } from "#api/approval-page-data.ts";
import { quorumView } from "../quorum-view.ts";
import { outcomeView, signaturesView, statusText } from "../progress-view.ts";
import { afterwardsView } from "../timeline-view.ts";
import { tellBarHeight } from "./approval/bar-height.ts";
import { closeDecision, findDifference, showVerified } from "./approval/close-decision.ts";
import { countDown } from "./approval/countdown.ts";
import { Deciding } from "./approval/deciding.ts";
import { forgetComment } from "./approval/kept-comment.ts";
import { followState } from "./approval/live-state.ts";
import { showNext } from "./approval/next-request.ts";
import { type AskingBack, askingBack } from "./approval/talk/ask-back.ts";
import { isOutOfDate, type MoreTimeOffer, offerMoreTime } from "./approval/talk/more-time.ts";
import { readApprovalData, showsExactly, watchDisplay } from "./approval/verified-display.ts";
import { TIME_UP } from "./approval/words.ts";
import { byId, tell } from "#pages/kit/browser/page.ts";
import { show, toDom } from "#pages/kit/browser/view-dom.ts";
import { approvalScriptTexts as texts } from "#texts/browser/approvals/page.ts";

/** What stands below the payload, for a state or a time that was not there when the page was made. */
function showState(data: ApprovalPageData, state: ApprovalPageState, nowMs: number): void {
  const outcome = outcomeView(data, state);
  show(afterwardsView(data, state, nowMs));
  byId("signatures").replaceWith(toDom(signaturesView(data, state)));
  document.getElementById("quorum")?.replaceWith(toDom(quorumView(data, state)));
  byId("status").textContent = statusText(data, state);
  byId("outcome").replaceChildren(...(outcome === null ? [] : [toDom(outcome)]));
  byId("decide").dataset["status"] = state.status;
  if (isFinal(state)) document.getElementById("time-left")?.remove();
  if (canDecide(data, state)) return;
  WebAuthnAbortService.cancelCeremony();
  // What was told while one could decide; what is told of the end stays.
  if (document.getElementById("decision") !== null) tell("");
  closeDecision();
  forgetComment(data.request.id);
  void showNext(new Set([data.request.id]), data.person.id);
}

function start(): void {
  const read = readApprovalData();
  if (!read.ok || !showsExactly(read.value)) return findDifference();
  const data = read.value;
  showVerified("verified");
  tellBarHeight(byId("decide"));

  let decision: Deciding | null = null;
  let asking: AskingBack | null = null;
  let moreTime: MoreTimeOffer | null = null;
  watchDisplay(data, () => {
    decision?.stop();
    findDifference();
  });
  if (isOver(data.request, data.state, Date.parse(data.now))) return;

  const offsetMs = Date.parse(data.now) - Date.now();
  const live = followState(
    data,
    () => Date.now() + offsetMs,
    (state, atMs) => {
      if (isOutOfDate(data, state)) return location.reload();
      showState(data, state, atMs);
      asking?.show(state);
      moreTime?.show(state);
      if (canDecide(data, state)) return;
      decision?.stop();
      moreTime?.stop();
    },
    () => tell(texts.page.notKeptUpToDate),
  );
  if (isFinal(data.state)) return;
  countDown(data.request.expires_at, data.now, () => {
    if (live.current().status !== "pending") return;
    decision?.stop();
    tell(TIME_UP);
  });
  if (!canDecide(data, data.state)) return;
  decision = new Deciding(data, live);
  asking = askingBack(data, (state) => live.take(state));
  asking.show(live.current());
  moreTime = offerMoreTime(data, () => Date.now() + offsetMs);
  moreTime?.show(live.current());
}

start();
