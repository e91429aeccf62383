/** `/look`: what passed by a rule although something about it was unusual, until somebody has looked at it. */
import type { FC } from "hono/jsx";
import type { NoticeItem } from "#api/calls/notice-data.ts";
import { Layout, Message, type PagePerson } from "#pages/kit/layout.tsx";
import { toJsx } from "#pages/kit/view-jsx.ts";
import { callsTexts as texts } from "#texts/calls.ts";
import { noticeView } from "./notice-view.ts";

interface LookPageProps {
  person: PagePerson;
  /** Null where the deployment has no record of calls. */
  notices: readonly NoticeItem[] | null;
  /** Whether the list goes on from a page before. */
  isFurther: boolean;
  /** Where the next page begins; null if this is the last. */
  next: string | null;
}

const NOTHING = texts.page.nothing;

const Ways: FC<Pick<LookPageProps, "isFurther" | "next">> = ({ isFurther, next }) =>
  isFurther || next !== null ? (
    <nav class="ways" aria-label={texts.page.toLookAt}>
      {isFurther ? <a href="/look">{texts.page.newest}</a> : null}
      {next === null ? null : <a href={`/look?from=${encodeURIComponent(next)}`}>{texts.page.older}</a>}
    </nav>
  ) : null;

const Notices: FC<Omit<LookPageProps, "notices"> & { notices: readonly NoticeItem[] }> = ({ person, notices, isFurther, next }) => {
  const mayMark = person.mayStop === true;
  return (
    <>
      <p>{texts.page.about(<a href="/admin/policy">{texts.page.policy}</a>)}</p>
      {mayMark ? <Message /> : null}
      {mayMark ? (
        <noscript>
          <p class="message">{texts.page.needsScript}</p>
        </noscript>
      ) : null}
      {mayMark ? <p id="done" class="done" role="status" tabindex={-1}></p> : null}
      <p id="nothing" class="nothing" hidden={notices.length > 0}>
        {isFurther ? texts.page.nothingMore : NOTHING}
      </p>
      <ul id="notices" class="cards" hidden={notices.length === 0}>
        {notices.map((notice) => toJsx(noticeView(notice, mayMark)))}
      </ul>
      <Ways isFurther={isFurther} next={next} />
    </>
  );
};

export const LookPage: FC<LookPageProps> = ({ notices, ...props }) => {
  const { person } = props;
  const mayMark = notices !== null && person.mayStop === true;
  return (
    <Layout title={texts.page.toLookAt} sheets={["desk"]} script={mayMark ? "look.js" : "signed-in.js"} person={person} here="/look">
      <main id="look">
        <h1>{texts.page.toLookAt}</h1>
        {notices === null ? <p class="nothing">{texts.page.off}</p> : <Notices notices={notices} {...props} />}
      </main>
    </Layout>
  );
};
