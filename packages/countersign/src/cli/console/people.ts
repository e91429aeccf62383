/** `countersign people`: who there is at the service, as an admin or auditor reads it. */
import { commandOf, LIST_USAGE, listing, showing, signing } from "./reading.ts";
import { column } from "./table.ts";

const USAGE = `Usage: countersign people list [options] | show ID [--json] | invite

Lists people, or shows one with passkeys, sessions and what they decided lately. Inviting somebody is done on a
page: invite opens it.

Options of list:
  --q WORDS                  that are all in the username, the display name or a group; or the id
  --role ROLE                admin, approver or auditor
${LIST_USAGE}
`;

export const peopleCommand = commandOf("people", USAGE, {
  list: listing({
    path: "/api/v1/people",
    filters: { q: "q", role: "role" },
    always: { role: "any" },
    columns: [
      column("ID", "id"),
      column("USERNAME", "username"),
      column("NAME", "display_name"),
      column("ROLES", "roles"),
      column("GROUPS", "groups"),
      { title: "PASSKEYS", of: ({ passkeys }) => String(Array.isArray(passkeys) ? passkeys.length : 0) },
    ],
  }),
  show: showing((id) => `/api/v1/people/${id}`, "the person's id, usr_…"),
  invite: signing("/admin/people", "Inviting somebody"),
});
