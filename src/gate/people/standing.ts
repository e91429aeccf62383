/** What people may do by the roles that they hold. Who may look at one request is gate/approvals/visible-request.ts. */
import type { Role } from "#countersign/documents/record.ts";

interface RoleHolder {
  id: string;
  roles: readonly Role[];
}

/** Whether the person holds at least one of these roles; true if none is named. */
export const holdsOneOf = ({ roles }: Pick<RoleHolder, "roles">, wanted: readonly Role[]): boolean =>
  wanted.length === 0 || wanted.some((role) => roles.includes(role));

/** Whether agents and people are the person's to manage. What widens authority needs a signature besides. */
export const mayAdminister = (person: Pick<RoleHolder, "roles">): boolean => holdsOneOf(person, ["admin"]);

/** Whether agents and people are the person's to see. */
export const mayOversee = (person: Pick<RoleHolder, "roles">): boolean => holdsOneOf(person, ["admin", "auditor"]);

/** Whether agents are the person's to stop. Everything is an admin's. */
export const mayStop = (person: Pick<RoleHolder, "roles">): boolean => holdsOneOf(person, ["approver", "admin"]);

/** Whether the person may end a passkey of `ownerId`: one's own, or as an admin anybody's. */
export const mayRevokePasskey = (person: RoleHolder, ownerId: string): boolean => person.id === ownerId || mayAdminister(person);
