/** A document at /docs. Made when the pages are built (scripts/docs), never by the Worker. */
import { raw } from "hono/html";
import { docsTexts as texts } from "#texts/kit/docs.ts";
import { Layout } from "#pages/kit/layout.tsx";
import { Copied } from "#pages/kit/snippet.tsx";

/** A document as it is shown. */
export interface DocumentPage {
  title: string;
  /** What is below the title, made of Markdown, in which HTML was escaped. */
  html: string;
  sections: readonly { id: string; text: string }[];
  navigation: readonly { title: string; documents: readonly { href: string; title: string }[] }[];
  /** Its address. */
  here: string;
  /** The address of what it was made of. */
  source: string;
}

/** What is said within a document that is not of it. */
export const docsWords = {
  copy: texts.copy,
  block: texts.block,
  copyBlock: texts.copyBlock,
  table: texts.table,
  linkTo: texts.linkTo,
};

const Documents = ({ navigation, here }: Pick<DocumentPage, "navigation" | "here">) => (
  <nav aria-label={texts.documents} id="all-documents">
    <a href="/docs" aria-current={here === "/docs" ? "page" : undefined}>
      {texts.home}
    </a>
    {navigation.map(({ title, documents }) => (
      <section>
        <h2>{title}</h2>
        <ul>
          {documents.map(({ href, title: its }) => (
            <li>
              <a href={href} aria-current={href === here ? "page" : undefined}>
                {its}
              </a>
            </li>
          ))}
        </ul>
      </section>
    ))}
  </nav>
);

export const docsPage = ({ title, html, sections, navigation, here, source }: DocumentPage) => (
  <Layout title={title} script="docs.js" sheets={["docs"]}>
    <main class="docs">
      <article>
        <p class="ways">
          <a href="#all-documents">{texts.all}</a>
        </p>
        <h1>{title}</h1>
        {sections.length > 2 ? (
          <details>
            <summary>{texts.onThisPage}</summary>
            <ul>
              {sections.map(({ id, text }) => (
                <li>
                  <a href={`#${id}`}>{text}</a>
                </li>
              ))}
            </ul>
          </details>
        ) : null}
        <div class="document">{raw(html)}</div>
        <Copied />
        <p class="quiet">
          <a href={source}>{texts.asMarkdown}</a>
        </p>
      </article>
      <Documents navigation={navigation} here={here} />
    </main>
  </Layout>
);
