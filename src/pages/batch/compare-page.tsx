/** `/compare?a=<id>&b=<id>`: two requests side by side, what differs marked. It needs no script of its own: nothing is decided here. */
import type { FC } from "hono/jsx";
import type { MentionedPerson } from "#api/approval-page-data.ts";
import { Layout, type PagePerson } from "#pages/kit/layout.tsx";
import { toJsx } from "#pages/kit/view-jsx.ts";
import { batchTexts as texts } from "#texts/approvals/batch.ts";
import { compareViews, type Side } from "./compare-view.ts";

interface ComparePageProps {
  person: PagePerson;
  first: Side;
  second: Side;
  people: readonly MentionedPerson[];
}

export const ComparePage: FC<ComparePageProps> = ({ person, first, second, people }) => (
  <Layout title={texts.compare.twoRequests} sheets={["desk", "request"]} person={person}>
    <main class="approval comparing" id="compare">
      <h1>{texts.compare.twoRequests}</h1>
      {compareViews(first, second, people).map(toJsx)}
    </main>
  </Layout>
);
