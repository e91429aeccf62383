/**
 * `/a/<id>`: one request, everything it takes to decide it, and the two buttons. Complete without its script but for
 * signing; approvals/browser/approval-page.ts checks what is shown, asks for the passkey and keeps the state current.
 */
import type { FC } from "hono/jsx";
import { type ApprovalPageData, canDecide, DATA_BLOCK_ID, isFinal, type MentionedPerson } from "#api/approval-page-data.ts";
import { DataBlock } from "#pages/kit/data-block.tsx";
import { Layout, Message, NeedsScript } from "#pages/kit/layout.tsx";
import { personView, timeView } from "#pages/kit/row-view.ts";
import { timeLeftText, urgencyOf } from "#pages/kit/time-text.ts";
import { toJsx } from "#pages/kit/view-jsx.ts";
import { approvalsTexts as texts } from "#texts/approvals.ts";
import { type Lately, sessionView } from "./call/session-view.ts";
import { quorumView } from "./quorum-view.ts";
import { outcomeView, signaturesView, statusText } from "./progress-view.ts";
import { type GrantsShown, grantsBesideView } from "./remember/grants-view.ts";
import { Remember } from "./remember/remember.tsx";
import { requestViews } from "./request-view.ts";
import { Silence } from "./terms/silence.tsx";
import { Comment } from "./talk/comment.tsx";
import { GiveMoreTime } from "./talk/more-time.tsx";
import { Numbers } from "./talk/numbers.tsx";
import { ProposeChange } from "./talk/propose-change.tsx";
import { AskBack } from "./talk/ask-back.tsx";
import { afterwardsView, askedView, type ToldOf, toldSection } from "./timeline-view.ts";

/** By when, and how many have to sign: what to know before reading, however long that is. */
const TimeLeft: FC<{ data: ApprovalPageData }> = ({ data: { request, now } }) => {
  const end = Date.parse(request.expires_at);
  const left = Math.max(0, end - Date.parse(now));
  return (
    <div class="time-left" id="time-left" data-urgency={urgencyOf(left)} data-live>
      <progress max={end - Date.parse(request.requested_at)} value={left} aria-hidden="true"></progress>
      <p>
        <strong id="time-left-text">{timeLeftText(left)}</strong> <span>{texts.page.until(toJsx(timeView(request.expires_at)))}</span>
      </p>
    </div>
  );
};

/** Both buttons are there from the start; the script enables Deny once the display is verified, Approve once the payload was seen as well. */
const Decide: FC<{ numbers: readonly string[] | undefined }> = ({ numbers }) => (
  <form id="decision">
    {numbers === undefined ? null : <Numbers numbers={numbers} />}
    <p id="hint" class="hint" aria-live="polite">
      {texts.page.checkingDisplay}
    </p>
    <NeedsScript />
    <div class="buttons">
      <button type="button" id="deny" class="danger" aria-describedby="hint" disabled>
        {texts.page.deny(<span>{texts.page.withPasskey}</span>)}
      </button>
      <button type="button" id="approve" class="primary" aria-describedby="hint" disabled>
        {texts.page.approve(<span>{texts.page.withPasskey}</span>)}
      </button>
    </div>
  </form>
);

interface ApprovalPageProps {
  data: ApprovalPageData;
  /** Since when everything is stopped; null, or left out, if it is not. */
  everythingStoppedAt?: string | null;
  /** Whether it passes if nobody denies it. */
  passesInSilence?: boolean;
  told?: readonly ToldOf[];
  /** Whether its reader may make a rule of it: an admin, of what people approved. */
  mayPropose?: boolean;
  /** What its agent did lately; left out where that is not told. */
  session?: Lately;
  /** Who proposed just this payload to its agent, with the denial of which request; null, or left out, if nobody did. */
  proposed?: { requestId: string; by: MentionedPerson } | null;
  /** What grants have to do with it. */
  grants?: GrantsShown;
}

export const ApprovalPage: FC<ApprovalPageProps> = ({
  data,
  everythingStoppedAt = null,
  passesInSilence = false,
  told = [],
  mayPropose = false,
  session,
  proposed = null,
  grants,
}) => {
  const views = requestViews(data.request, data.payload, data.people, data.aids);
  const decidable = canDecide(data, data.state);
  const outcome = outcomeView(data, data.state);
  const whoWasTold = toldSection(told);
  const besideGrants = grants === undefined ? null : grantsBesideView(grants);
  return (
    <Layout title={data.request.action} script="approval.js" sheets={["request"]} everythingStoppedAt={everythingStoppedAt}>
      <main class="approval" id="approval">
        {isFinal(data.state) ? null : (
          <div class="standing" data-live>
            <TimeLeft data={data} />
            {decidable && data.more_time !== undefined ? <GiveMoreTime until={data.more_time.until} /> : null}
            {toJsx(quorumView(data, data.state))}
            {passesInSilence ? <Silence /> : null}
            {proposed === null ? null : (
              <p class="as-proposed">
                {texts.page.asProposed(
                  toJsx(personView(proposed.by.id, [proposed.by])),
                  <a href={`/a/${proposed.requestId}`}>{texts.page.anotherRequest}</a>,
                )}
              </p>
            )}
          </div>
        )}
        {toJsx(views.request)}
        {toJsx(views.preview)}
        {toJsx(views.differs)}
        <section aria-labelledby="payload-title">
          <h2 id="payload-title">{texts.page.payload}</h2>
          <div class="sheet">
            {toJsx(views.payload)}
            <div class="seal">
              {toJsx(views["payload-hash"])}
              <p id="verified" class="verified" data-state="checking" aria-live="polite" data-live>
                {texts.page.checking}
              </p>
            </div>
          </div>
        </section>
        {besideGrants === null ? null : toJsx(besideGrants)}
        {session === undefined ? null : toJsx(sessionView(session))}
        <section aria-labelledby="terms-title">
          <h2 id="terms-title">{texts.page.terms}</h2>
          {toJsx(views.terms)}
        </section>
        {decidable ? <Remember data={data} /> : null}
        <section aria-labelledby="signatures-title" class="timeline" data-live>
          <h2 id="signatures-title">{texts.page.timeline}</h2>
          {toJsx(askedView(data))}
          {toJsx(signaturesView(data, data.state))}
          {toJsx(afterwardsView(data, data.state, Date.parse(data.now)))}
        </section>
        {decidable ? <AskBack /> : null}
        {decidable ? <ProposeChange payload={data.payload} /> : null}
        {whoWasTold === null ? null : toJsx(whoWasTold)}
        {mayPropose ? (
          <p class="proposing" data-live>
            <a class="button" href={`/admin/policy?propose=${data.request.id}`}>
              {texts.page.makeRule}
            </a>
          </p>
        ) : null}
        {decidable ? (
          <p class="stopping" data-live>
            <a href={`/stop?agent=${data.request.requested_by.id}`}>{texts.page.stopAgent}</a>
          </p>
        ) : null}
        {decidable ? (
          <form id="alike" class="alike" method="get" action={`/a/${data.request.id}/alike`} data-live>
            <button type="submit" class="link danger">
              {texts.page.denyAlike}
            </button>
          </form>
        ) : null}
        <section class="decide" id="decide" data-status={data.state.status} aria-label={texts.page.decision} data-live>
          <p id="next" class="next" hidden></p>
          <p role="status" id="status" class="status">
            {statusText(data, data.state)}
          </p>
          <div id="outcome">{outcome === null ? null : toJsx(outcome)}</div>
          <Message />
          {decidable ? <Comment /> : null}
          {decidable ? <Decide numbers={data.numbers} /> : null}
        </section>
      </main>
      <DataBlock id={DATA_BLOCK_ID} data={data} />
    </Layout>
  );
};
