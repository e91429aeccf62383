/** `/admin/erasure/<person id>`: what goes with a person who is erased and what stays, and the button that signs for it. */
import type { FC } from "hono/jsx";
import { ConfirmDialog } from "#pages/kit/dialogs.tsx";
import { Layout, Message, NeedsScript, type PagePerson } from "#pages/kit/layout.tsx";
import { personView, term, termList } from "#pages/kit/row-view.ts";
import { element } from "#pages/kit/view.ts";
import { toJsx } from "#pages/kit/view-jsx.ts";
import { erasureTexts as texts } from "#texts/erasure.ts";

interface ErasurePageProps {
  person: PagePerson;
  /** Whom it is about. */
  about: { id: string; username: string; display_name: string };
  /** Whether nothing can be done in their name any more. */
  isIdle: boolean;
}

const Sign: FC = () => (
  <>
    <p>{texts.goes}</p>
    <p>{texts.lost}</p>
    <p>{texts.stays}</p>
    <p class="quiet">{texts.two}</p>
    <NeedsScript />
    <p>
      <button type="button" class="danger" id="erase">
        {texts.erase}
      </button>
    </p>
    <ConfirmDialog />
  </>
);

export const ErasurePage: FC<ErasurePageProps> = ({ person, about, isIdle }) => (
  <Layout
    title={texts.title(about.username)}
    sheets={["desk"]}
    script={isIdle ? "erasure.js" : "signed-in.js"}
    person={person}
    here="/admin/people"
  >
    <main id="erasure" data-admin={person.id} data-person={about.id} data-username={about.username}>
      <p>
        <a href="/admin/people">{texts.back}</a>
      </p>
      <h1>{texts.title(about.username)}</h1>
      <p id="done" class="done" role="status" tabindex={-1}></p>
      <p>{toJsx(personView(about.id, [about]))}</p>
      {toJsx(termList(term(texts.id, element("code", {}, about.id))))}
      {isIdle ? <Sign /> : <p>{texts.waits}</p>}
      <Message />
    </main>
  </Layout>
);
