/** Slack's web API as far as it is used: strict about header, arguments and shapes, and it knows what was posted. */
import type { GivenAnswer, Received } from "./receiver.ts";

interface Text {
  type: string;
  text: string;
  emoji: boolean;
}
export interface SlackBlock {
  type: string;
  text?: Text;
  elements?: { type: string; action_id: string; text: Text; url: string }[];
}
export interface SlackPost {
  channel: string;
  text: string;
  blocks: SlackBlock[];
}

/** Arguments of each method (Slack, "Web API methods"); others are refused here. */
const ARGUMENTS: Record<string, { required: string[]; optional: string[] }> = {
  "auth.test": { required: [], optional: [] },
  "conversations.open": { required: ["users"], optional: ["return_im"] },
  "chat.postMessage": {
    required: ["channel", "text", "blocks"],
    optional: ["mrkdwn", "parse", "link_names", "unfurl_links", "unfurl_media", "thread_ts"],
  },
  "chat.update": { required: ["channel", "ts", "text", "blocks"], optional: ["parse", "link_names"] },
};

const json = (body: object): GivenAnswer => ({ status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
const failed = (error: string) => json({ ok: false, error });

const isText = (text: Text | undefined, most: number) =>
  text !== undefined && text.type === "plain_text" && text.text.length >= 1 && text.text.length <= most;

/** Block Kit's limits for the blocks that are used. */
function isBlock({ type, text, elements }: SlackBlock): boolean {
  if (type === "header") return isText(text, 150);
  if (type === "section") return isText(text, 3_000);
  return (
    type === "actions" &&
    elements?.every((one) => one.type === "button" && isText(one.text, 75) && one.url.length <= 3_000 && URL.canParse(one.url)) === true
  );
}

export class FakeSlack {
  readonly token: string;
  /** By `channel ts`. */
  readonly posts = new Map<string, SlackPost>();
  readonly #conversations: Set<string>;

  constructor(token: string, conversations: readonly string[]) {
    this.token = token;
    this.#conversations = new Set(conversations);
  }

  answer({ url, method, headers, body }: Received): GivenAnswer {
    const name = url.startsWith("https://slack.com/api/") ? url.slice("https://slack.com/api/".length) : "";
    const known = ARGUMENTS[name];
    if (method !== "POST" || known === undefined) return failed("unknown_method");
    if (headers["content-type"] !== "application/json; charset=utf-8") return failed("invalid_post_type");
    if (headers.authorization !== `Bearer ${this.token}`) return failed("invalid_auth");
    const given = JSON.parse(body.toString()) as Record<string, unknown>;
    const names = Object.keys(given);
    if (names.some((one) => ![...known.required, ...known.optional].includes(one))) return failed("invalid_arg_name");
    if (known.required.some((one) => !names.includes(one))) return failed("invalid_arguments");
    return this.#call(name, given);
  }

  #call(method: string, given: Record<string, unknown>): GivenAnswer {
    if (method === "auth.test") return json({ ok: true, team: "T1", user_id: "UBOT" });
    if (method === "conversations.open") {
      const id = `D${String(given["users"]).slice(1)}`;
      this.#conversations.add(id);
      return json({ ok: true, channel: { id } });
    }
    const { channel, text, blocks } = given as unknown as SlackPost;
    if (!this.#conversations.has(channel)) return failed("channel_not_found");
    if (!blocks.every(isBlock)) return failed("invalid_blocks");
    const ts = method === "chat.update" ? String(given["ts"]) : `1795166130.${String(this.posts.size).padStart(6, "0")}`;
    if (method === "chat.update" && !this.posts.has(`${channel} ${ts}`)) return failed("message_not_found");
    this.posts.set(`${channel} ${ts}`, { channel, text, blocks });
    return json({ ok: true, channel, ts });
  }
}
