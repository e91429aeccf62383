/**
 * Messages in Slack, which follow the state of a request: what was posted is edited. Everything is `plain_text`, in which Slack finds no
 * links and no mentions; the one button is a link. Not in scope: what Slack sends (slack-credential.ts has its signature).
 */
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { fit, object, text } from "#countersign/json/shape.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { ChannelSender, Destination } from "#gate/channels/channel.ts";
import type { SendFailure } from "#rules/notices/retries.ts";
import { isAccepted, noAnswer, notAccepted, objectIn, sendAgain, USER_AGENT } from "./http-answer.ts";
import { refusedFor, senderOf, type SenderPorts, type Sent } from "./sender.ts";
import { readSlackCredential } from "./slack-credential.ts";
import { wording, type Wording } from "./wording.ts";

const SLACK_API = "https://slack.com/api/";
const TIMEOUT_MS = 10_000;
const MOST_BYTES = 262_144;

/** Slack's own limits are 150 and 3,000 characters. */
const MOST_OF_HEADER = 140;

const RETRY = new Set(["ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"]);
const GONE = new Set(["is_archived", "user_disabled", "user_not_found", "users_not_found", "cannot_dm_bot"]);
/** What was posted is not there any more, or stays as it is: nothing is left to do. */
const NOTHING_TO_EDIT = new Set(["message_not_found", "cant_update_message", "edit_window_closed"]);

/** What a posted message is known by. */
const handleShape = object({ channel: text(1, 64), ts: text(1, 64) });

/** The three characters that Slack takes for its own syntax, in all texts ("Formatting text for app surfaces"). */
const escaped = (words: string): string => words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const plain = (words: string) => ({ type: "plain_text", text: escaped(words), emoji: false });

/** A block of type `header` takes 150 characters: a longer title is a section. */
const titleBlock = (title: string) =>
  escaped(title).length <= MOST_OF_HEADER ? { type: "header", text: plain(title) } : { type: "section", text: plain(title) };

function blocksOf({ title, lines, link }: Wording) {
  const said = lines.length === 0 ? [] : [{ type: "section", text: plain(lines.join("\n")) }];
  const button = { type: "button", action_id: "open", text: plain(link.text), url: link.url };
  return [titleBlock(title), ...said, { type: "actions", elements: [button] }];
}

/** `text` is what notifications show, and nothing in it is parsed. */
const messageOf = (words: Wording) => ({ text: escaped(words.title), blocks: blocksOf(words), parse: "none", link_names: false });
const NEVER_UNFURLED = { mrkdwn: false, unfurl_links: false, unfurl_media: false };

/** An error's name, if it is one. */
const errorName = (answer: JsonObject): string => {
  const name = answer["error"];
  return typeof name === "string" && /^[a-z_]{1,40}$/.test(name) ? name : "unknown_error";
};

type CallSlack = (method: string, body: object) => Promise<Result<JsonObject, SendFailure>>;

/** Calls a method of Slack's web API. `answer` of a failure is Slack's own name for it. */
const callerOf =
  ({ outbound, now }: SenderPorts, token: string): CallSlack =>
  async (method, body) => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json; charset=utf-8", "user-agent": USER_AGENT };
    const request = { url: `${SLACK_API}${method}`, method: "POST", headers, body: JSON.stringify(body) } as const;
    const reply = await outbound({ ...request, mostBytes: MOST_BYTES, timeoutMs: TIMEOUT_MS });
    if (!reply.ok) return refuse(noAnswer(reply.refusal));
    if (!isAccepted(reply.value)) return refuse(notAccepted(reply.value, now()));
    const answer = objectIn(reply.value);
    if (answer === null) return refuse(sendAgain(reply.value, "answer_malformed", now()));
    if (answer["ok"] === true) return accept(answer);
    const name = errorName(answer);
    if (RETRY.has(name)) return refuse(sendAgain(reply.value, name, now()));
    return refuse({ reason: GONE.has(name) ? "gone" : "refused", answer: name });
  };

async function post(call: CallSlack, channel: string, words: Wording): Promise<Sent> {
  const posted = await call("chat.postMessage", { channel, ...messageOf(words), ...NEVER_UNFURLED });
  if (!posted.ok) return posted;
  const handle = fit(handleShape, { channel: posted.value["channel"] ?? null, ts: posted.value["ts"] ?? null });
  // It was posted; it only cannot be edited.
  return accept({ answer: "ok", handle: handle.ok ? JSON.stringify(handle.value) : null });
}

async function edit(call: CallSlack, handle: string, words: Wording): Promise<Sent> {
  const known = fit(handleShape, readHandle(handle));
  if (!known.ok) return refusedFor("handle_malformed");
  const edited = await call("chat.update", { ...known.value, ...messageOf(words) });
  if (edited.ok) return accept({ answer: "ok", handle });
  const { answer } = edited.refusal;
  return NOTHING_TO_EDIT.has(answer) ? accept({ answer, handle }) : edited;
}

function readHandle(handle: string): JsonObject | null {
  try {
    return JSON.parse(handle) as JsonObject | null;
  } catch {
    return null;
  }
}

/** A person's conversation with the app, which is opened if there is none yet. */
async function conversationWith(call: CallSlack, user: string): Promise<Result<string, SendFailure>> {
  const opened = await call("conversations.open", { users: user });
  if (!opened.ok) return opened;
  const channel = fit(text(1, 64), (opened.value["channel"] as JsonObject | undefined)?.["id"] ?? null);
  return channel.ok ? channel : refuse({ reason: "retry", answer: "answer_malformed", afterMs: null });
}

const USER_ID = /^[UW][A-Z0-9]{2,30}$/;
const CONVERSATION_ID = /^[CDG][A-Z0-9]{2,30}$/;

/** The id of the conversation to post in. */
async function conversationOf(call: CallSlack, to: Exclude<Destination, { is: "channel" }>): Promise<Result<string, SendFailure>> {
  const id = to.is === "place" ? to.to : to.address;
  if (USER_ID.test(id)) return await conversationWith(call, id);
  return CONVERSATION_ID.test(id) ? accept(id) : refusedFor("address_malformed");
}

/** Posts and edits. To the channel itself goes only a test, which asks Slack whether the token is good. */
export const slackSender = (ports: SenderPorts): ChannelSender =>
  senderOf("slack", async (_settings, channel, { content, to, edits, nowMs }) => {
    const credential = readSlackCredential(channel.credential);
    if (credential === null) return refusedFor("credential_malformed");
    const call = callerOf(ports, credential.token);
    if (to.is === "channel") {
      const tested = await call("auth.test", {});
      return tested.ok ? accept({ answer: "ok", handle: null }) : tested;
    }
    const words = wording(content, nowMs);
    if (edits !== null) return await edit(call, edits, words);
    const conversation = await conversationOf(call, to);
    return conversation.ok ? await post(call, conversation.value, words) : conversation;
  });
