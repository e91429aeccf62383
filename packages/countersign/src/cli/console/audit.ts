/** `countersign audit`: the record, searched, shown and exported. */
import { exportCommand, EXPORT_USAGE } from "./export.ts";
import { commandOf, LIST_USAGE, listing, showing } from "./reading.ts";
import { column } from "./table.ts";

const USAGE = `Usage: countersign audit search [options] | show ENTRY [--json] | export [options]

Searches the record of what was asked, decided and called, shows one entry with where its proof is, or exports
it as a file.

Options of search, and of export but for a bundle:
  --q WORDS                  that are all in what it is about
  --kind KIND                such as approval.approved, or its first word, request.asked, or call
  --status STATUS            how a request ended or a call stands
  --agent ID, --person ID    or the agent's name, the person's username
  --rule NAME, --server NAME, --tool NAME, --request ID
  --from TIME, --to TIME     a day, or a time such as 2026-11-20T09:30:00Z
${LIST_USAGE}

${EXPORT_USAGE}
`;

/** By which the record is looked through. */
export const FILTERS = {
  q: "q",
  kind: "kind",
  status: "status",
  agent: "agent",
  person: "person",
  rule: "rule",
  server: "server",
  tool: "tool",
  request: "request",
  from: "from",
  to: "to",
} as const;

export const auditCommand = commandOf("audit", USAGE, {
  search: listing({
    path: "/api/v1/audit",
    filters: FILTERS,
    columns: [
      column("ENTRY", "id"),
      column("AT", "at"),
      column("KIND", "kind"),
      column("STATUS", "status"),
      column("AGENT", "agent.name"),
      column("PEOPLE", "people"),
      column("ABOUT", "text"),
    ],
  }),
  show: showing((entry) => `/api/v1/audit/${entry}`, "the entry, as search lists it"),
  export: (args, surroundings, said) => exportCommand(Object.keys(FILTERS), args, surroundings, said),
});
