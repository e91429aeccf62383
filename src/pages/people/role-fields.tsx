/** Roles as checkboxes and groups as free names; people/browser/people/role-fields.ts reads them. */
import type { FC } from "hono/jsx";
import type { Role } from "#countersign/documents/record.ts";
import { ROLES } from "#api/people-shapes.ts";
import { Field } from "#pages/kit/field.tsx";

const NAMES: Readonly<Record<Role, { name: string; hint: string }>> = {
  approver: { name: "Approver", hint: "decides requests that ask them, a group of theirs, or any approver" },
  admin: { name: "Admin", hint: "invites people, makes agents, and signs for both with a passkey" },
  auditor: { name: "Auditor", hint: "reads every request and receipt, decides nothing" },
};

/** `form`: tells the fields of one form from those of another. */
export const RoleFields: FC<{ form: string }> = ({ form }) => (
  <>
    <fieldset class="field" id={`${form}-roles`} aria-describedby={`${form}-roles-error`}>
      <legend>Roles</legend>
      {ROLES.map((role) => (
        <div class="choice">
          <input type="checkbox" id={`${form}-${role}`} name="roles" value={role} aria-describedby={`${form}-${role}-hint`} />
          <label for={`${form}-${role}`}>{NAMES[role].name}</label>
          <span class="hint" id={`${form}-${role}-hint`}>
            {NAMES[role].hint}
          </span>
        </div>
      ))}
      <p class="error" id={`${form}-roles-error`} hidden></p>
    </fieldset>
    <Field
      id={`${form}-groups`}
      name="groups"
      label="Groups"
      hint="Optional. Names of your own, separated by commas, such as “release-managers”. Agents may ask a group to decide."
      refusable
      autocomplete="off"
      autocapitalize="none"
      spellcheck={false}
    />
  </>
);
