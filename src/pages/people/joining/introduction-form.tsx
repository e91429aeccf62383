/** The form in which a new person says who they are and makes a passkey; people/browser/joining/introduction.ts makes it work. */
import type { FC } from "hono/jsx";
import { Field } from "#pages/kit/field.tsx";
import { Message, NeedsScript } from "#pages/kit/layout.tsx";
import { joiningTexts as texts } from "#texts/joining.ts";

export const IntroductionForm: FC<{ id: string }> = ({ id }) => (
  <>
    <form id={id} novalidate>
      <Field
        id="username"
        name="username"
        label={texts.form.username}
        hint={texts.form.usernameHint}
        refusable
        required
        maxlength={32}
        autocomplete="username"
        autocapitalize="none"
        spellcheck={false}
      />
      <Field
        id="display_name"
        name="display_name"
        label={texts.form.displayName}
        hint={texts.form.displayNameHint}
        refusable
        required
        maxlength={80}
        autocomplete="name"
      />
      <Message />
      <button type="submit" class="primary">
        {texts.form.create}
      </button>
    </form>
    <NeedsScript />
  </>
);
