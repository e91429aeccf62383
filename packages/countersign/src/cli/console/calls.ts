/** `countersign calls`: what agents did through the gateway. */
import { commandOf, LIST_USAGE, listing, showing } from "./reading.ts";
import { column } from "./table.ts";

const USAGE = `Usage: countersign calls list [options] | show SESSION [--json]

Lists calls, the newest first, or shows a session step by step.

Options of list:
  --agent ID                 the agent's id, agt_…
  --server NAME              or its id
  --tool NAME
  --status STATUS            how the call stands
  --rule NAME                the rule that judged it
  --request ID               by which people were asked
  --session ID
  --from TIME, --to TIME     a day, or a time such as 2026-11-20T09:30:00Z
  --q WORDS                  that are all in what is kept of arguments and result
${LIST_USAGE}
`;

export const callsCommand = commandOf("calls", USAGE, {
  list: listing({
    path: "/api/v1/calls",
    filters: {
      agent: "agent",
      server: "server",
      tool: "tool",
      status: "status",
      rule: "rule",
      request: "request",
      session: "session",
      from: "from",
      to: "to",
      q: "q",
    },
    columns: [
      column("AT", "at"),
      column("AGENT", "agent.name"),
      column("NUMBER", "number"),
      column("SERVER", "server.name"),
      column("TOOL", "tool"),
      column("STATUS", "status"),
      column("RULE", "rule"),
      column("REQUEST", "request_id"),
    ],
  }),
  show: showing((session) => `/api/v1/calls/sessions/${session}`, "the session"),
});
