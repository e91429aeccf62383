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

/** For how long equal asks and calls may be refused, in seconds. */
const TIMES: readonly [number, string][] = [
  [0, "Refuse nothing more"],
  [3_600, "1 hour"],
  [14_400, "4 hours"],
  [86_400, "1 day"],
];

const Terms: FC = () => (
  <>
    <fieldset>
      <legend>What is alike</legend>
      <div class="choice">
        <input type="radio" name="scope" id="scope-arguments" value="arguments" checked />
        <label for="scope-arguments">These arguments only</label>
      </div>
      <div class="choice">
        <input type="radio" name="scope" id="scope-tool" value="tool" />
        <label for="scope-tool">This tool, whatever the arguments</label>
      </div>
    </fieldset>
    <div class="field">
      <label for="seconds">Refuse equal asks and calls for</label>
      <select id="seconds" name="seconds" aria-describedby="seconds-hint">
        {TIMES.map(([seconds, name]) => (
          <option value={String(seconds)} selected={seconds === 3_600}>
            {name}
          </option>
        ))}
      </select>
      <p class="hint" id="seconds-hint">
        Until then nobody is asked about them. You or an admin can lift that at any time.
      </p>
    </div>
    <div class="field">
      <label for="comment">Comment</label>
      <textarea id="comment" rows={2} maxlength={1_000} placeholder="Optional" aria-describedby="comment-hint"></textarea>
      <p class="hint" id="comment-hint">
        The agent and everyone with a receipt can read it.
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
    <h2>Denied with one signature</h2>
    <ul class="rows wide" id="alike" data-scope="arguments">
      {data.requests.map((one) => toJsx(alikeRow(one)))}
    </ul>
    {isCut ? <p class="quiet">At most {MAX_BATCH} are denied at once. Come back for the others.</p> : null}
    <Message />
    <NeedsScript />
    <button type="submit" class="danger" id="sign" disabled>
      {verbFor(data.requests.filter(({ same }) => same).length)}
    </button>
    <p class="hint" id="hint">
      {data.can_sign ? `You sign as ${data.person.username}.` : "You have no passkey that stands."}
    </p>
  </form>
);

export const AlikePage: FC<AlikePageProps> = ({ person, data, request, kind, alone, isCut, patterns }) => (
  <Layout title="Deny all like this" sheets={["desk"]} script="alike.js" person={person}>
    <main id="alike-page" data-person={person.id}>
      <h1>Deny all like this</h1>
      <p>
        <a href={`/a/${request.id}`}>
          <Text value={request.action} />
        </a>{" "}
        by <Text value={request.requested_by.name} />: {toJsx(element("strong", {}, ...kindViews(kind)))}
      </p>
      {data.requests.length === 0 ? <p class="nothing">Nothing like it waits for you that can be denied here.</p> : null}
      {data.requests.length === 0 ? <Message /> : <Waiting data={data} isCut={isCut} />}
      <section id="outcome" aria-labelledby="outcome-title" tabindex={-1} hidden>
        <h2 id="outcome-title">What became of them</h2>
        <p id="refused" class="done" role="status"></p>
        <ul class="rows wide" id="outcomes"></ul>
        <p>
          <button type="button" id="again" hidden>
            Send again
          </button>
        </p>
      </section>
      {alone.length === 0 ? null : (
        <section aria-labelledby="alone-title">
          <h2 id="alone-title">To be denied each by itself</h2>
          <p class="quiet">
            One signature for several needs requests that a published policy has judged. These were asked for before, or under none: open
            each.
          </p>
          <ul class="rows wide">{alone.map((one) => toJsx(aloneRow(one)))}</ul>
        </section>
      )}
      <section id="patterns" aria-labelledby="patterns-title" hidden={patterns.length === 0}>
        <h2 id="patterns-title">Refused without asking</h2>
        <ul class="rows wide" id="pattern-list">
          {patterns.map((pattern) => toJsx(patternRow(pattern, mayLift(pattern, person))))}
        </ul>
      </section>
    </main>
    <DataBlock id={ALIKE_BLOCK_ID} data={data} />
  </Layout>
);
