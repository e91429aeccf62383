/** What passed with a notice, as `/api/v1/notices` and the page tell it: the newest first, a page at a time. */
import { timestamp } from "#countersign/documents/words.ts";
import type { NoticeItem } from "#api/calls/notice-data.ts";
import { agentNames } from "#storage/agents.ts";
import type { Reads } from "#storage/near/near-reads.ts";
import { type Notice, type NoticePlace, noticesToLookAt } from "#storage/calls/to-look-at.ts";

/** Notices on a page. */
const PAGE = 50;

/** `cursor` says where the next page goes on. */
const placeText = ({ at, agent, number }: NoticePlace): string => `${at.toString(36)}~${agent}~${number}`;

/** Null for a text that is no place. */
export function noticePlaceIn(cursor: string): NoticePlace | null {
  const [, at = "", agent = "", number = ""] = /^([0-9a-z]{1,10})~([\w-]{1,64})~(\d{1,15})$/.exec(cursor) ?? [];
  return at === "" ? null : { at: Number.parseInt(at, 36), agent, number: Number(number) };
}

const noticeItem = ({ agent, at, ...notice }: Notice, names: ReadonlyMap<string, string>): NoticeItem => ({
  ...notice,
  agent: { id: agent, name: names.get(agent) ?? agent },
  at: timestamp(at),
});

/** One page, and where the next one begins; null if this was the last. */
export async function noticePage(
  audit: D1Database,
  reads: Reads,
  after: NoticePlace | null,
): Promise<{ items: NoticeItem[]; next: string | null }> {
  const found = await noticesToLookAt(audit, after, PAGE + 1);
  const shown = found.slice(0, PAGE);
  const names = new Map((await agentNames(reads, [...new Set(shown.map(({ agent }) => agent))])).map(({ id, name }) => [id, name]));
  const last = shown.at(-1);
  return {
    items: shown.map((notice) => noticeItem(notice, names)),
    next: found.length > PAGE && last !== undefined ? placeText(last) : null,
  };
}
