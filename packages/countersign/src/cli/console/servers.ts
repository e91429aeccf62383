/** `countersign servers`: MCP servers behind the gate, as an admin or auditor reads them. */
import { commandOf, LIST_USAGE, listing, showing, signing } from "./reading.ts";
import { column } from "./table.ts";

const USAGE = `Usage: countersign servers list [options] | show NAME [--json] | tools NAME [--json] | add

Lists MCP servers, or shows one, or its tools with how each stands. Adding one takes a passkey: add opens the
page.

Options of list:
${LIST_USAGE}
`;

export const serversCommand = commandOf("servers", USAGE, {
  list: listing({
    path: "/api/v1/servers",
    filters: {},
    columns: [
      column("NAME", "name"),
      column("ID", "id"),
      column("ENDPOINT", "endpoint"),
      column("DRIFTED", "drifted"),
      column("NOT ACCEPTED", "unaccepted"),
    ],
  }),
  show: showing((name) => `/api/v1/servers/${name}`, "the server"),
  tools: showing((name) => `/api/v1/servers/${name}/tools`, "the server"),
  add: signing("/admin/servers", "Adding a server"),
});
