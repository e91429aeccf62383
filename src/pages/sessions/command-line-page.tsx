/** `/command-line`: where a person types the code that their terminal shows, reads what asks, and lets it in with their passkey. */
import type { FC } from "hono/jsx";
import { Field } from "#pages/kit/field.tsx";
import { Layout, Message, NeedsScript, type PagePerson } from "#pages/kit/layout.tsx";
import { commandLineTexts as texts } from "#texts/sessions.ts";

export const CommandLinePage: FC<{ person: PagePerson }> = ({ person }) => (
  <Layout title={texts.title} sheets={["desk"]} script="command-line.js" person={person}>
    <main class="narrow" id="command-line" data-person={person.id}>
      <h1>{texts.title}</h1>
      <p>{texts.about}</p>
      <p id="done" class="done" role="status" tabindex={-1}></p>
      <form id="find" novalidate>
        <Field
          id="code"
          name="code"
          label={texts.code}
          hint={texts.codeHint}
          refusable
          autocomplete="off"
          autocapitalize="characters"
          spellcheck={false}
          maxlength={20}
        />
        <Message />
        <button type="submit" class="primary">
          {texts.find}
        </button>
      </form>
      <section id="asks" aria-labelledby="asks-title" hidden>
        <h2 id="asks-title" tabindex={-1}>
          {texts.asks}
        </h2>
        <div id="what"></div>
        <p>{texts.compare}</p>
        <Message id="asks-message" />
        <div class="buttons">
          <button type="button" id="let-in" class="primary">
            {texts.letIn}
          </button>
          <button type="button" id="turn-away">
            {texts.turnAway}
          </button>
        </div>
      </section>
      <NeedsScript />
    </main>
  </Layout>
);
