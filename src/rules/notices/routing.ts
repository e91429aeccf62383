/**
 * Who is told of what, over which channel, and when: pure. Who may decide is in the signed request and is never changed here; who is out of
 * office is told in another's place all the same. Carried out by gate/channels/hand-over.ts.
 */
import type { ChannelSettings, ChannelState } from "./channel-settings.ts";
import type { MessageState, PlannedMessage } from "./message.ts";
import type { NoticeType, ToldRequest } from "./content.ts";
import type { PersonSettings } from "./person-settings.ts";

/** What a request's object has to tell. Numbered from 1 within its request, stored with the change that it tells of. */
export interface NoticeEvent {
  number: number;
  type: Extract<NoticeType, "request.opened" | "request.reminder" | "request.escalated" | "request.signed" | "request.ended">;
  at: string;
  request: ToldRequest;
  /** Of an event that asks: ids of those who may decide now and have not, and for an escalation those who may only now. Else empty. */
  asks: string[];
  /** Who answers for the agent: hears of the end. */
  owner: string;
  /** Who brought it about, if a person: they need not be told. */
  by: string | null;
  /** Names of channels whose places a rule has told as well; null: the rule says nothing, and places go by groups alone. */
  channels: string[] | null;
  /** Groups that the rule asks; what a group's place goes by. */
  groups: string[];
}

/** What routing is judged by, read in one trip. */
export interface RoutingFacts {
  nowMs: number;
  /** The service's own, for links. */
  origin: string;
  channels: { id: string; name: string; state: ChannelState; settings: ChannelSettings }[];
  /** Confirmed ones, of those who are asked, of the owner, and of whom these have named for a time out of office. */
  contacts: { id: string; personId: string; channelId: string; failing: boolean }[];
  people: Map<string, { username: string; groups: string[]; settings: PersonSettings; away: { to: string; until: string } | null }>;
  /** What was planned for this request before. */
  earlier: EarlierMessage[];
}

/** What comes of an event: messages to write down, and those that wait and are not needed any more. */
export interface NoticePlan {
  add: PlannedMessage[];
  drop: string[];
}

/** A message of the same request, as it stands. */
export interface EarlierMessage extends Pick<PlannedMessage, "id" | "channelId" | "contactId" | "target" | "personId" | "edits"> {
  state: MessageState;
  type: string;
}
