/**
 * `/batch?id=<id>&id=<id>…`: several requests, each in full, decided under one signature. Complete without its script but for signing;
 * browser/batch-page.ts checks what is shown, asks for the passkey and follows what becomes of them.
 */
import type { FC } from "hono/jsx";
import { BATCH_BLOCK_ID, type BatchItem, type BatchPageData } from "#api/batch/batch-shapes.ts";
import { Silence } from "#pages/approvals/terms/silence.tsx";
import { MAX_COMMENT_LENGTH } from "#pages/approvals/talk/comment.tsx";
import { DataBlock } from "#pages/kit/data-block.tsx";
import { Layout, Message, NeedsScript, type PagePerson } from "#pages/kit/layout.tsx";
import { plainText } from "#pages/kit/text-view.ts";
import { timeLeftText } from "#pages/kit/time-text.ts";
import { Text, toJsx } from "#pages/kit/view-jsx.ts";
import { batchTexts as texts } from "#texts/approvals/batch.ts";
import { itemViews, prefixOf, quorumText, signText, wholeView } from "./item-view.ts";

/** A request that is not among those that are signed for. */
export interface NotSigned {
  request: string;
  /** Null where it is not the reader's to know. */
  action: string | null;
  why: string;
}

interface ItemProps {
  data: BatchPageData;
  item: BatchItem;
  /** From 1. */
  number: number;
}

const Bar: FC<ItemProps> = ({ data, item, number }) => {
  const { id, expires_at: expiresAt } = item.request;
  const before = data.items[number - 2];
  return (
    <div class="item-bar" data-live>
      <p>
        <strong>{texts.page.number(number, data.items.length)}</strong>{" "}
        <time datetime={expiresAt} data-expires={expiresAt}>
          {timeLeftText(Date.parse(expiresAt) - Date.parse(data.now))}
        </time>{" "}
        <span class="quiet">{quorumText(item)}</span>{" "}
        <span class="verified" id={`${prefixOf(number)}verified`} data-state="checking">
          {texts.page.checking}
        </span>
      </p>
      {item.passes_in_silence === true ? <Silence /> : null}
      <p class="item-ways">
        <button type="button" class="link" data-leave={id}>
          {texts.page.leaveOut}
        </button>{" "}
        <a href={`/a/${id}`} target="_blank" rel="noopener">
          {texts.page.openAlone}
        </a>{" "}
        {before === undefined ? null : (
          <a href={`/compare?a=${before.request.id}&b=${id}`} target="_blank" rel="noopener">
            {texts.page.compare}
          </a>
        )}
      </p>
      <p class="item-note" id={`${prefixOf(number)}note`} hidden></p>
    </div>
  );
};

const Item: FC<ItemProps> = ({ data, item, number }) => {
  const views = itemViews(item, number, data.people);
  return (
    <article class="batched" data-request={item.request.id} data-in="yes" aria-label={plainText(item.request.action)}>
      <Bar data={data} item={item} number={number} />
      {toJsx(views.request)}
      {item.is_folded ? (
        <p data-live>
          <button type="button" data-unfold={item.request.id}>
            {texts.page.unfold}
          </button>
        </p>
      ) : (
        toJsx(wholeView(views))
      )}
    </article>
  );
};

const Decide: FC<{ count: number }> = ({ count }) => (
  <form id="decision">
    <div class="field" id="comment-field">
      <label for="comment">{texts.page.comment}</label>
      <textarea
        id="comment"
        rows={1}
        maxlength={MAX_COMMENT_LENGTH}
        placeholder={texts.page.optional}
        aria-describedby="comment-hint"
      ></textarea>
      <p class="hint" id="comment-hint">
        {texts.page.commentHint}
      </p>
    </div>
    <p id="hint" class="hint" aria-live="polite">
      {texts.page.checkingDisplay}
    </p>
    <NeedsScript />
    <div class="buttons">
      <button type="button" id="deny" class="danger" aria-describedby="hint" disabled>
        {signText(count, "denied")} <span>{texts.page.withPasskey}</span>
      </button>
      <button type="button" id="approve" class="primary" aria-describedby="hint" disabled>
        {signText(count, "approved")} <span>{texts.page.withPasskey}</span>
      </button>
    </div>
  </form>
);

const LeftOut: FC<{ leftOut: readonly NotSigned[] }> = ({ leftOut }) => (
  <section aria-labelledby="left-out-title" data-live>
    <h2 id="left-out-title">{texts.page.leftOut}</h2>
    <ul class="rows wide" id="left-out">
      {leftOut.map(({ request, action, why }) => (
        <li>
          {action === null ? (
            <span class="what">
              <Text value={request} />
            </span>
          ) : (
            <a class="what" href={`/a/${request}`}>
              <Text value={action} />
            </a>
          )}
          <span class="who">{why}</span>
        </li>
      ))}
    </ul>
  </section>
);

interface BatchPageProps {
  person: PagePerson;
  data: BatchPageData;
  leftOut: readonly NotSigned[];
}

export const BatchPage: FC<BatchPageProps> = ({ person, data, leftOut }) => {
  const count = data.items.length;
  const title = count === 0 ? texts.page.titleOfNone : texts.page.title(count);
  return (
    <Layout title={title} sheets={["desk", "request"]} script="batch.js" person={person}>
      <main class="approval batch" id="batch">
        <h1>{title}</h1>
        {count === 0 ? <p class="nothing">{texts.page.none(<a href="/">{texts.page.requests}</a>)}</p> : null}
        {leftOut.length === 0 ? null : <LeftOut leftOut={leftOut} />}
        <div id="items">
          {data.items.map((item, at) => (
            <Item data={data} item={item} number={at + 1} />
          ))}
        </div>
        <section id="outcome" aria-labelledby="outcome-title" tabindex={-1} hidden data-live>
          <h2 id="outcome-title">{texts.page.outcome}</h2>
          <p id="done" role="status"></p>
          <ul class="rows wide" id="outcomes"></ul>
        </section>
        <section class="decide" id="decide" aria-label={texts.page.decision} data-live hidden={count === 0}>
          <p id="next" class="next" hidden></p>
          <Message />
          <p id="heard" class="hint" role="status"></p>
          {count === 0 ? null : <Decide count={count} />}
          <p>
            <button type="button" id="again" hidden>
              {texts.page.sendAgain}
            </button>
          </p>
        </section>
      </main>
      <DataBlock id={BATCH_BLOCK_ID} data={data} />
    </Layout>
  );
};
