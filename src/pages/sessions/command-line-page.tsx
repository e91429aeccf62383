/** `/command-line`: where a person types the code that their terminal shows, reads what asks, and lets it in with their passkey. */
import type { FC } from "hono/jsx";
import { Field } from "#pages/kit/field.tsx";
import { Layout, Message, NeedsScript, type PagePerson } from "#pages/kit/layout.tsx";
import { sessionsTexts as texts } from "#texts/sessions.ts";

export const CommandLinePage: FC<{ person: PagePerson }> = ({ person }) => (
  <Layout title={texts.commandLine.title} sheets={["desk"]} script="command-line.js" person={person}>
    <main class="narrow" id="command-line" data-person={person.id}>
      <h1>{texts.commandLine.title}</h1>
      <p>{texts.commandLine.about}</p>
      <p id="done" class="done" role="status" tabindex={-1}></p>
      <form id="find" novalidate>
        <Field
          id="code"
          name="code"
          label={texts.commandLine.code}
          hint={texts.commandLine.codeHint}
          refusable
          autocomplete="off"
          autocapitalize="characters"
          spellcheck={false}
          maxlength={20}
        />
        <Message />
        <button type="submit" class="primary">
          {texts.commandLine.find}
        </button>
      </form>
      <section id="asks" aria-labelledby="asks-title" hidden>
        <h2 id="asks-title" tabindex={-1}>
          {texts.commandLine.asks}
        </h2>
        <div id="what"></div>
        <p>{texts.commandLine.compare}</p>
        <Message id="asks-message" />
        <div class="buttons">
          <button type="button" id="let-in" class="primary">
            {texts.commandLine.letIn}
          </button>
          <button type="button" id="turn-away">
            {texts.commandLine.turnAway}
          </button>
        </div>
      </section>
      <NeedsScript />
    </main>
  </Layout>
);
