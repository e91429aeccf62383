/** The fields of role-fields.tsx: filling them, and reading what was chosen. */
import type { Role } from "#countersign/documents/record.ts";
import { ROLES } from "#api/people-shapes.ts";
import { control, tellField } from "#pages/kit/browser/page.ts";

export interface ChosenRoles {
  roles: Role[];
  groups: string[];
}

const checkbox = (form: string, role: Role): HTMLInputElement => control(`${form}-${role}`, HTMLInputElement);
const groupsField = (form: string): HTMLInputElement => control(`${form}-groups`, HTMLInputElement);

/** Shows roles and groups in the fields of `form`. */
export function fillStanding(form: string, { roles, groups }: ChosenRoles): void {
  for (const role of ROLES) checkbox(form, role).checked = roles.includes(role);
  groupsField(form).value = groups.join(", ");
  tellField(`${form}-groups`, "");
}

/** What is chosen, each group once. */
export function readStanding(form: string): ChosenRoles {
  const groups = groupsField(form)
    .value.split(",")
    .map((group) => group.trim())
    .filter((group) => group !== "");
  return { roles: ROLES.filter((role) => checkbox(form, role).checked), groups: [...new Set(groups)] };
}

/** Whether two lists hold the same, in whatever order. */
export const sameMembers = (left: readonly string[], right: readonly string[]): boolean =>
  left.length === right.length && left.every((one) => right.includes(one));
