/** `GET /api/v1/approvals`, for people: the lists of their inbox, with the same search, place by place. */
import type { Context } from "hono";
import { type ApprovalList, type ApprovalsQuery, approvalsQuery } from "#api/inbox/approval-list.ts";
import type { InboxListName } from "#api/inbox-data.ts";
import { checkInput } from "#api/check-input.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { decides } from "#gate/approvals/visible-request.ts";
import type { Failure } from "#rules/failure.ts";
import { type ListedApproval, readLists } from "#storage/inbox/read-lists.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { cursorText, listsOf, queryOf, readCursor, risksIn } from "./inbox-lists.ts";

const ROWS = 50;

const NOT_YOURS: Failure = {
  code: "forbidden",
  message: "Everybody's requests are for auditors, and one's own for approvers.",
  reason: "role-missing",
};
const invalid = (field: string, message: string): Failure => ({
  code: "invalid_request",
  message: `${field}: ${message}.`,
  errors: [{ field, message }],
});

/** Null for what has no list: what has ended waits for nobody. */
function listNamed({ status = "pending", for: whose }: ApprovalsQuery & { for: string }): InboxListName | null {
  const isOpen = status === "pending";
  if (whose === "everyone") return isOpen ? "open" : "ended";
  if (whose === "others") return isOpen ? "signed" : null;
  return isOpen ? "waiting" : "recent";
}

const itemOf = (origin: string, { id, action, agentName, status, risk, requestedAt, expiresAt }: ListedApproval) => ({
  request_id: id,
  action,
  agent: agentName,
  status,
  risk,
  requested_at: requestedAt,
  expires_at: expiresAt,
  approval_url: `${origin}/a/${id}`,
});

/** `GET /api/v1/approvals?status=&for=&q=&risk=&agent=&cursor=`. One trip to D1. */
export async function listOfApprovals(c: Context<App>): Promise<Response> {
  const read = checkInput(approvalsQuery, c.req.query());
  if (!read.ok) return problem(c, read.refusal);
  const { status = "pending", q = null, risk, agent = null, cursor } = read.value;
  const whose = read.value.for ?? (decides(c.var.person) ? "me" : "everyone");
  const name = listNamed({ ...read.value, for: whose });
  if (name === null) return problem(c, invalid("for", "what has ended waits for nobody: `me` or `everyone`"));
  if (!listsOf(c.var.person).includes(name)) return problem(c, NOT_YOURS);
  const from = cursor === undefined ? null : readCursor(name, cursor);
  if (cursor !== undefined && from === null) return problem(c, invalid("cursor", "no answer of this list has led there"));
  const ends = status === "pending" || status === "ended" ? null : [status];
  const filter = { q, agent, risks: risk === undefined ? null : risksIn(risk), ends };
  const query = queryOf(name, c.var.person.id, timestamp(Date.now()), { filter, from, rows: ROWS });
  const [page] = await readLists(c.var.near.read, [query]);
  const { rows = [], next = null, lookedAt = null } = page ?? {};
  return c.json({
    items: rows.map((row) => itemOf(c.var.config.origin, row)),
    ...(next !== null && { next_cursor: cursorText(next) }),
    ...(lookedAt !== null && { looked_at: lookedAt }),
  } as ApprovalList);
}
