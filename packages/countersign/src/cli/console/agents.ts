/** `countersign agents`: the agents of the service, as a person reads them. */
import { isObject } from "../../json/shape.ts";
import { commandOf, LIST_USAGE, listing, showing, signing } from "./reading.ts";
import { column } from "./table.ts";

const USAGE = `Usage: countersign agents list [options] | show ID [--json] | create

Lists agents, or shows one with its keys, what it did lately and agents below it. Making one takes a passkey:
create opens the page.

Options of list:
  --q WORDS                  that are all in its name or its owner's; or its id
  --state STATE              running, stopped or revoked
${LIST_USAGE}
`;

export const agentsCommand = commandOf("agents", USAGE, {
  list: listing({
    path: "/api/v1/agents",
    filters: { q: "q", state: "state" },
    always: { state: "any" },
    columns: [
      column("ID", "id"),
      column("NAME", "name"),
      column("OWNER", "owner"),
      {
        title: "STATE",
        of: ({ revoked_at, stopped }) => (typeof revoked_at === "string" ? "revoked" : isObject(stopped) ? "stopped" : "running"),
      },
      column("GROUPS", "groups"),
      column("MADE", "created_at"),
    ],
  }),
  show: showing((id) => `/api/v1/agents/${id}`, "the agent's id, agt_…"),
  create: signing("/admin/agents", "Making an agent"),
});
