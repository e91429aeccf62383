/** `/look`: what passed by a rule although something about it was unusual, until somebody has looked at it. */
import type { FC } from "hono/jsx";
import type { NoticeItem } from "#api/calls/notice-data.ts";
import { Layout, Message, type PagePerson } from "#pages/kit/layout.tsx";
import { toJsx } from "#pages/kit/view-jsx.ts";
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

const NOTHING = "Nothing. When a call passes although something about it is unusual for its agent, it is listed here with the reasons.";

const Ways: FC<Pick<LookPageProps, "isFurther" | "next">> = ({ isFurther, next }) =>
  isFurther || next !== null ? (
    <nav class="ways" aria-label="To look at">
      {isFurther ? <a href="/look">Newest</a> : null}
      {next === null ? null : <a href={`/look?from=${encodeURIComponent(next)}`}>Older</a>}
    </nav>
  ) : null;

const Notices: FC<Omit<LookPageProps, "notices"> & { notices: readonly NoticeItem[] }> = ({ person, notices, isFurther, next }) => {
  const mayMark = person.mayStop === true;
  return (
    <>
      <p>
        These calls passed by a rule of the <a href="/admin/policy">policy</a>, and something about them is unusual for their agent. “Fine”
        says that you have looked; it changes nothing else.
      </p>
      {mayMark ? <Message /> : null}
      {mayMark ? (
        <noscript>
          <p class="message">“Fine” needs JavaScript: switch it on and reload.</p>
        </noscript>
      ) : null}
      {mayMark ? <p id="done" class="done" role="status" tabindex={-1}></p> : null}
      <p id="nothing" class="nothing" hidden={notices.length > 0}>
        {isFurther ? "Nothing more." : NOTHING}
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
    <Layout title="To look at" sheets={["desk"]} script={mayMark ? "look.js" : "signed-in.js"} person={person} here="/look">
      <main id="look">
        <h1>To look at</h1>
        {notices === null ? (
          <p class="nothing">
            This is off here: it lists calls that passed through the gateway, and this deployment has no database AUDIT, in which calls are
            recorded. Its operator can make one.
          </p>
        ) : (
          <Notices notices={notices} {...props} />
        )}
      </main>
    </Layout>
  );
};
