/** The form in which a new person says who they are and makes a passkey; people/browser/joining/introduction.ts makes it work. */
import type { FC } from "hono/jsx";
import { Field } from "#pages/kit/field.tsx";
import { Message, NeedsScript } from "#pages/kit/layout.tsx";

export const IntroductionForm: FC<{ id: string }> = ({ id }) => (
  <>
    <form id={id} novalidate>
      <Field
        id="username"
        name="username"
        label="Username"
        hint="Small letters, digits, dot, dash and underscore. It is in every receipt and cannot be changed."
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
        label="Display name"
        hint="How others see you, such as your full name."
        refusable
        required
        maxlength={80}
        autocomplete="name"
      />
      <Message />
      <button type="submit" class="primary">
        Create passkey
      </button>
    </form>
    <NeedsScript />
  </>
);
