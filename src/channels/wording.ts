/**
 * What a message says, in the same words on every channel that people read. What agents and people wrote is made visible here
 * (told-text.ts); each channel escapes all of it for its own syntax. Not in scope: webhooks, which are told facts.
 */
import type { MessageContent, ToldRequest } from "#rules/notices/content.ts";
import { alertWords } from "./alert-wording.ts";
import { toldText } from "./told-text.ts";

export interface Wording {
  /** One line. */
  title: string;
  /** Each one line. */
  lines: string[];
  link: { url: string; text: string };
  urgency: "normal" | "high";
  /** Nothing is asked of whoever reads it, or not any more. */
  isNews: boolean;
}

const MOST_OF_ACTION = 120;
const MOST_OF_NAME = 60;
const MOST_OF_TYPE = 60;

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `20 Nov 2026, 09:30 UTC`. */
function inUtc(time: string): string {
  const at = new Date(time);
  const [hours, minutes] = [at.getUTCHours(), at.getUTCMinutes()].map((part) => String(part).padStart(2, "0"));
  return `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}, ${hours}:${minutes} UTC`;
}

const counted = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? "" : "s"}`;

/** How long from now, in the largest unit that still says it well; never more than there is. */
function fromNow(ms: number): string {
  if (ms < MINUTE) return "in less than a minute";
  if (ms < 2 * HOUR) return `in ${counted(Math.floor(ms / MINUTE), "minute")}`;
  if (ms < 2 * DAY) return `in ${counted(Math.floor(ms / HOUR), "hour")}`;
  return `in ${counted(Math.floor(ms / DAY), "day")}`;
}

function deadlineLine({ expiresAt }: ToldRequest, nowMs: number | null): string {
  if (nowMs === null) return `Open until ${inUtc(expiresAt)}.`;
  const leftMs = Date.parse(expiresAt) - nowMs;
  return leftMs <= 0 ? `Was open until ${inUtc(expiresAt)}.` : `Open until ${inUtc(expiresAt)} (${fromNow(leftMs)}).`;
}

const agentOf = ({ agent }: ToldRequest): string => toldText(agent.name, MOST_OF_NAME);

/** `Approve? deploy`; where the action is hidden, `otherwise`. */
const titled = (lead: string, { action }: ToldRequest, otherwise: string): string =>
  action === null ? otherwise : `${lead} ${toldText(action, MOST_OF_ACTION)}`;

const riskLine = ({ risk }: ToldRequest): string[] => (risk === null ? [] : [`Risk: ${risk}.`]);

const quorumLine = ({ approvals, required }: ToldRequest): string[] =>
  required > 1 ? [`Needs ${required} approvals, has ${approvals}.`] : [];

const isPressing = ({ risk }: ToldRequest): boolean => risk === "high" || risk === "critical";

/** An ask, whose title and first line say what kind of ask it is. */
function ask(request: ToldRequest, nowMs: number | null, title: string, first: string): Omit<Wording, "link"> {
  const lines = [first, ...riskLine(request), ...quorumLine(request), deadlineLine(request, nowMs)];
  return { title, lines, urgency: isPressing(request) ? "high" : "normal", isNews: false };
}

const ENDS = { pending: "Open", approved: "Approved", denied: "Denied", expired: "Expired", cancelled: "Cancelled" } as const;

function ofRequest(type: string, request: ToldRequest, nowMs: number | null): Omit<Wording, "link"> | null {
  const agent = agentOf(request);
  switch (type) {
    case "request.opened":
      return ask(request, nowMs, titled("Approve?", request, `${agent} asks for an approval`), `${agent} asks.`);
    case "request.reminder":
      return ask(request, nowMs, titled("Still open:", request, `${agent} still waits for an approval`), `${agent} still waits.`);
    case "request.escalated": {
      const first = `${agent} asks. Nobody has decided so far, and now you may.`;
      return ask(request, nowMs, titled("Approve?", request, `${agent} asks for an approval`), first);
    }
    case "request.signed": {
      const lead = `Signed, ${request.approvals} of ${request.required}`;
      const lines = [`${agent} asks. More signatures are needed.`, ...riskLine(request), deadlineLine(request, nowMs)];
      return { title: titled(`${lead}:`, request, `${lead}: a request of ${agent}`), lines, urgency: "normal", isNews: true };
    }
    case "request.ended": {
      const end = ENDS[request.status];
      const title = titled(`${end}:`, request, `${end}: a request of ${agent}`);
      return { title, lines: [`${agent} asked. Nothing is left to decide.`], urgency: "normal", isNews: true };
    }
    default:
      return null;
  }
}

function ofMany(many: NonNullable<MessageContent["many"]>): Omit<Wording, "link"> {
  const agent = toldText(many.agent.name, MOST_OF_NAME);
  const same = many.action === null ? "the same action" : `the same: ${toldText(many.action, MOST_OF_ACTION)}`;
  const lines = [`${many.alike} for ${same}`, `Since ${inUtc(many.since)}.`, "If that is not meant, stop the agent."];
  return { title: `${agent} asks ${counted(many.count, "time")}`, lines, urgency: "high", isNews: false };
}

const ofTest = (): Omit<Wording, "link"> => ({
  title: "A test of Countersign",
  lines: ["Somebody sent it to see whether messages arrive. Nothing is asked of you."],
  urgency: "high",
  isNews: true,
});

const ofDisabled = (name: string): Omit<Wording, "link"> => ({
  title: `Channel off: ${toldText(name, MOST_OF_NAME)}`,
  lines: ["It took nothing for days, so nothing is sent over it any more. Admins can turn it on again."],
  urgency: "normal",
  isNews: false,
});

/** What its owner calls it is somebody's word: perhaps a thief's. */
const ofContact = (label: string): Omit<Wording, "link"> => ({
  title: "You are told over another device or address",
  lines: [`It was added just now: ${toldText(label, MOST_OF_NAME)}`, "If that was not you, remove it, and end all your sessions."],
  urgency: "high",
  isNews: false,
});

const ofRemoval = (label: string): Omit<Wording, "link"> => ({
  title: "You are told nothing here any more",
  lines: [`It was removed just now: ${toldText(label, MOST_OF_NAME)}`, "If that was not you, add it again, and end all your sessions."],
  urgency: "high",
  isNews: false,
});

const ofSession = (place: string, at: string): Omit<Wording, "link"> => ({
  title: "You signed in from somewhere new",
  lines: [`${toldText(place, MOST_OF_NAME)}, ${inUtc(at)}.`, "If that was not you, sign out everywhere, and have your passkey revoked."],
  urgency: "high",
  isNews: false,
});

const ofCode = (code: string): Omit<Wording, "link"> => ({
  title: `${code} is your code`,
  lines: [
    "Enter it on the page where you added this address, within 15 minutes.",
    "If that was not you, do nothing: nothing is sent here.",
  ],
  urgency: "high",
  isNews: false,
});

function wordsOf(content: MessageContent, nowMs: number | null): Omit<Wording, "link"> {
  if (content.many !== undefined) return ofMany(content.many);
  if (content.type === "channel.test") return ofTest();
  if (content.type === "channel.disabled") return ofDisabled(content.channel?.name ?? "");
  if (content.type === "contact.added") return ofContact(content.contact?.label ?? "");
  if (content.type === "contact.removed") return ofRemoval(content.contact?.label ?? "");
  if (content.type === "session.opened") return ofSession(content.place ?? "", content.at);
  if (content.alert !== undefined) {
    const hasBegun = content.type === "alert.began";
    return { ...alertWords(content.alert, hasBegun), urgency: hasBegun ? "high" : "normal", isNews: !hasBegun };
  }
  if (content.code !== undefined) return ofCode(content.code);
  const asked = content.request === undefined ? null : ofRequest(content.type, content.request, nowMs);
  return asked ?? { title: `Countersign: ${toldText(content.type, MOST_OF_TYPE)}`, lines: [], urgency: "normal", isNews: true };
}

const LINK_TEXTS: Readonly<Record<string, string>> = {
  "request.opened": "Look and decide",
  "request.reminder": "Look and decide",
  "request.escalated": "Look and decide",
  "requests.many": "Look, or stop the agent",
  "channel.disabled": "Open the channels",
  "alert.began": "Open the overview",
  "alert.ended": "Open the overview",
  "contact.added": "See your devices and addresses",
  "contact.removed": "See your devices and addresses",
  "session.opened": "See where you are signed in",
};

/**
 * What `content` says. With `nowMs` the deadline is said from now as well, which is for messages that are read at once; null for those
 * that are read later or must be the same however often they are sent.
 */
export function wording(content: MessageContent, nowMs: number | null): Wording {
  const { lines, ...words } = wordsOf(content, nowMs);
  const instead = content.insteadOf === undefined ? [] : [`You are told because ${toldText(content.insteadOf, MOST_OF_NAME)} is away.`];
  const linkText = LINK_TEXTS[content.type] ?? "Open";
  return { ...words, lines: [...lines, ...instead], link: { url: content.url, text: linkText } };
}
