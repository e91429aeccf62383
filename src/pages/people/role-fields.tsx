/** Roles as checkboxes and groups as free names; people/browser/people/role-fields.ts reads them. */
import type { FC } from "hono/jsx";
import { ROLES } from "#api/people-shapes.ts";
import { Field } from "#pages/kit/field.tsx";
import { peopleTexts } from "#texts/people.ts";

const texts = peopleTexts.roles;

/** `form`: tells the fields of one form from those of another. */
export const RoleFields: FC<{ form: string }> = ({ form }) => (
  <>
    <fieldset class="field" id={`${form}-roles`} aria-describedby={`${form}-roles-error`}>
      <legend>{texts.legend}</legend>
      {ROLES.map((role) => (
        <div class="choice">
          <input type="checkbox" id={`${form}-${role}`} name="roles" value={role} aria-describedby={`${form}-${role}-hint`} />
          <label for={`${form}-${role}`}>{texts[role].name}</label>
          <span class="hint" id={`${form}-${role}-hint`}>
            {texts[role].hint}
          </span>
        </div>
      ))}
      <p class="error" id={`${form}-roles-error`} hidden></p>
    </fieldset>
    <Field
      id={`${form}-groups`}
      name="groups"
      label={texts.groups}
      hint={texts.groupsHint}
      refusable
      autocomplete="off"
      autocapitalize="none"
      spellcheck={false}
    />
  </>
);
