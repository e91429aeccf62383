/** The two fields in which a new person says who they are. */
import type { FC } from "hono/jsx";

export const IntroductionFields: FC = () => (
  <>
    <div class="field">
      <label for="username">Username</label>
      <input
        id="username"
        name="username"
        required
        maxlength={32}
        autocomplete="username"
        autocapitalize="none"
        spellcheck={false}
        aria-describedby="username-hint username-error"
      />
      <p class="hint" id="username-hint">
        Small letters, digits, dot, dash and underscore. It is in every receipt and cannot be changed.
      </p>
      <p class="error" id="username-error" hidden></p>
    </div>
    <div class="field">
      <label for="display_name">Display name</label>
      <input
        id="display_name"
        name="display_name"
        required
        maxlength={80}
        autocomplete="name"
        aria-describedby="display_name-hint display_name-error"
      />
      <p class="hint" id="display_name-hint">
        How others see you, such as your full name.
      </p>
      <p class="error" id="display_name-error" hidden></p>
    </div>
  </>
);
