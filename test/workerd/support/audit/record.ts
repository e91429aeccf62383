/** The record as its readers get it over REST. */
import type { AuditEntry, TakenInItem } from "#api/audit/audit-data.ts";
import { given } from "../invited.ts";
import { call, type Someone } from "../people.ts";

export interface RecordPage {
  items: AuditEntry[];
  next_cursor?: string;
  taken_in: TakenInItem;
}

/** `GET /api/v1/audit`. */
export const recordPage = async ({ cookie }: Pick<Someone, "cookie">, query = ""): Promise<RecordPage> =>
  given<RecordPage>(await call("GET", `/api/v1/audit${query}`, { cookie, origin: null }));

/** Kinds in the order of the list, each with its status if it has one. */
export const kindsFound = async (person: Pick<Someone, "cookie">, query = ""): Promise<string[]> =>
  (await recordPage(person, query)).items.map(({ kind, status }) => (kind === "call" ? `call ${status}` : kind));

/** Every entry, page by page. */
export async function everyEntry(person: Pick<Someone, "cookie">, query: Record<string, string> = {}): Promise<AuditEntry[]> {
  const all: AuditEntry[] = [];
  for (let cursor: string | undefined = ""; cursor !== undefined;) {
    const page: RecordPage = await recordPage(person, `?${new URLSearchParams({ ...query, ...(cursor !== "" && { cursor }) }).toString()}`);
    all.push(...page.items);
    cursor = page.next_cursor;
  }
  return all;
}

/** `GET /api/v1/audit/export`, as text. */
export async function exported({ cookie }: Pick<Someone, "cookie">, query: string): Promise<string> {
  const answer = await call("GET", `/api/v1/audit/export?${query}`, { cookie, origin: null });
  if (answer.status !== 200) throw new Error(`not exported: ${answer.status} ${await answer.text()}`);
  return answer.text();
}
