/**
 * `/a/<id>/alike`: denies what an agent has asked for that is like one request, with one signature, and has equal asks and calls refused
 * for a time. What can be signed for here is listed; the rest is denied each on its own page.
 */
import type { FC } from "hono/jsx";
import { ALIKE_BLOCK_ID, type AlikePageData } from "#api/patterns/alike-shapes.ts";
import type { PatternItem } from "#api/patterns/pattern-data.ts";
import { MAX_BATCH } from "#countersign/documents/statement.ts";
import type { RequestDocument } from "#countersign/documents/request.ts";
import { DataBlock } from "#pages/kit/data-block.tsx";
import { Layout, Message, NeedsScript, type PagePerson } from "#pages/kit/layout.tsx";
import { Text, toJsx } from "#pages/kit/view-jsx.ts";
import { alikeRow, aloneRow, verbFor } from "./alike-view.ts";
import { kindViews, mayLift, patternRow } from "./pattern-view.ts";
import { element } from "#pages/kit/view.ts";
import { patternsTexts as texts } from "#texts/approvals/patterns.ts";

/** For how long equal asks and calls may be refused, in seconds. */
const TIMES: readonly [number, string][] = [
  [0, texts.page.refuseNothingMore],
  [3_600, texts.page.hour],
  [14_400, texts.page.hours],
  [86_400, texts.page.day],
];

const Terms: FC = () => (
  <>
    <fieldset>
      <legend>{texts.page.whatIsAlike}</legend>
      <div class="choice">
        <input type="radio" name="scope" id="scope-arguments" value="arguments" checked />
        <label for="scope-arguments">{texts.page.theseArgumentsOnly}</label>
      </div>
      <div class="choice">
        <input type="radio" name="scope" id="scope-tool" value="tool" />
        <label for="scope-tool">{texts.page.anyArguments}</label>
      </div>
    </fieldset>
    <div class="field">
      <label for="seconds">{texts.page.refuseFor}</label>
      <select id="seconds" name="seconds" aria-describedby="seconds-hint">
        {TIMES.map(([seconds, name]) => (
          <option value={String(seconds)} selected={seconds === 3_600}>
            {name}
          </option>
        ))}
      </select>
      <p class="hint" id="seconds-hint">
        {texts.page.refuseHint}
      </p>
    </div>
    <div class="field">
      <label for="comment">{texts.page.comment}</label>
      <textarea id="comment" rows={2} maxlength={1_000} placeholder={texts.page.optional} aria-describedby="comment-hint"></textarea>
      <p class="hint" id="comment-hint">
        {texts.page.commentHint}
      </p>
    </div>
  </>
);

interface AlikePageProps {
  person: PagePerson;
  data: AlikePageData;
  /** From which the page was opened. */
  request: RequestDocument;
  kind: Pick<PatternItem, "server" | "tool" | "action">;
  /** Those that cannot be signed for together with others. */
  alone: readonly RequestDocument[];
  /** Whether there may be more than are listed. */
  isCut: boolean;
  /** What is refused already. */
  patterns: readonly PatternItem[];
}

const Waiting: FC<Pick<AlikePageProps, "data" | "isCut">> = ({ data, isCut }) => (
  <form id="deny" novalidate data-can-sign={data.can_sign ? "yes" : "no"}>
    <Terms />
    <h2>{texts.page.deniedWithOneSignature}</h2>
    <ul class="rows wide" id="alike" data-scope="arguments">
      {data.requests.map((one) => toJsx(alikeRow(one)))}
    </ul>
    {isCut ? <p class="quiet">{texts.page.atMost(MAX_BATCH)}</p> : null}
    <Message />
    <NeedsScript />
    <button type="submit" class="danger" id="sign" disabled>
      {verbFor(data.requests.filter(({ same }) => same).length)}
    </button>
    <p class="hint" id="hint">
      {data.can_sign ? texts.page.youSignAs(data.person.username) : texts.page.noPasskey}
    </p>
  </form>
);

export const AlikePage: FC<AlikePageProps> = ({ person, data, request, kind, alone, isCut, patterns }) => (
  <Layout title={texts.page.title} sheets={["desk"]} script="alike.js" person={person}>
    <main id="alike-page" data-person={person.id}>
      <h1>{texts.page.title}</h1>
      <p>
        {texts.page.asked(
          <a href={`/a/${request.id}`}>
            <Text value={request.action} />
          </a>,
          <Text value={request.requested_by.name} />,
          toJsx(element("strong", {}, ...kindViews(kind))),
        )}
      </p>
      {data.requests.length === 0 ? <p class="nothing">{texts.page.nothing}</p> : null}
      {data.requests.length === 0 ? <Message /> : <Waiting data={data} isCut={isCut} />}
      <section id="outcome" aria-labelledby="outcome-title" tabindex={-1} hidden>
        <h2 id="outcome-title">{texts.page.outcome}</h2>
        <p id="refused" class="done" role="status"></p>
        <ul class="rows wide" id="outcomes"></ul>
        <p>
          <button type="button" id="again" hidden>
            {texts.page.sendAgain}
          </button>
        </p>
      </section>
      {alone.length === 0 ? null : (
        <section aria-labelledby="alone-title">
          <h2 id="alone-title">{texts.page.alone}</h2>
          <p class="quiet">{texts.page.aloneHint}</p>
          <ul class="rows wide">{alone.map((one) => toJsx(aloneRow(one)))}</ul>
        </section>
      )}
      <section id="patterns" aria-labelledby="patterns-title" hidden={patterns.length === 0}>
        <h2 id="patterns-title">{texts.page.refusedWithoutAsking}</h2>
        <ul class="rows wide" id="pattern-list">
          {patterns.map((pattern) => toJsx(patternRow(pattern, mayLift(pattern, person))))}
        </ul>
      </section>
    </main>
    <DataBlock id={ALIKE_BLOCK_ID} data={data} />
  </Layout>
);
