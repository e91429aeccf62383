/** Adding, changing, testing and removing channels, as the page of admins does it. */
import { env } from "cloudflare:workers";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { AdminStatement } from "#countersign/documents/ceremony.ts";
import { given } from "../invited.ts";
import { authorise, call, type Call, type Someone } from "../people.ts";

type Settings = Call["settings"];
const withSettings = (settings: Settings) => (settings === undefined ? {} : { settings });

export const WEBHOOK = {
  kind: "webhook",
  url: "https://hooks.example.com/in",
  signing: "hmac",
  events: ["approval.*", "channel.*"],
} as const;
export const SLACK = { kind: "slack", places: [{ group: null, to: "C0123456789" }] } as const;
export const SLACK_CREDENTIAL = {
  bot_token: "xoxb-123456789012-abcdefgh",
  signing_secret: "8f742231b10e8888abcd99yyyzzz85a5".replaceAll(/[yz]/g, "0"),
};

/** What an admin gets to sign, with what it is about, and a secret if one was made. */
export interface ChannelDraftAnswer {
  statement: AdminStatement;
  settings: JsonObject;
  secret: string | null;
}

/** `POST /admin/channels/statement`. */
export const askChannelDraft = ({ cookie }: Someone, body: object): Promise<Response> =>
  call("POST", "/admin/channels/statement", { cookie, body });

export const draftOfChannel = async (admin: Someone, body: object): Promise<ChannelDraftAnswer> =>
  given(await askChannelDraft(admin, body));

/** The channel that a statement is about. */
export const channelIn = ({ parameters }: AdminStatement) =>
  parameters["channel"] as { id: string; name: string; settings_hash: string; credential_hash: string | null; origin: string };

/** Sends signatures for a channel: a new one, or that of the id. */
export const sendChannel = ({ cookie }: Someone, id: string | null, authorisation: unknown, settings?: Settings): Promise<Response> =>
  call(id === null ? "POST" : "PUT", id === null ? "/api/v1/channels" : `/api/v1/channels/${id}`, {
    cookie,
    body: { authorisation },
    ...withSettings(settings),
  });

/** An admin drafts and signs a channel. Gives the answer, and the draft. */
export async function signChannel(admin: Someone, body: { draft: string } & Record<string, unknown>, settings?: Settings) {
  const drafted = await draftOfChannel(admin, body);
  const authorisation = await authorise(admin.passkey, drafted.statement);
  const id = drafted.statement.operation === "channel.changed" ? channelIn(drafted.statement).id : null;
  return { drafted, answer: await sendChannel(admin, id, authorisation, settings) };
}

/** A channel that is added, alone. Gives its id, and the secret that was made. */
export async function addedChannel(admin: Someone, settings: object = WEBHOOK, name = "systems", credential: object | null = null) {
  const { drafted, answer } = await signChannel(admin, { draft: "add", name, settings, credential });
  const { id } = await given<{ id: string }>(answer, 201);
  return { id, secret: drafted.secret, settings: drafted.settings };
}

export const channelCall = ({ cookie }: Someone, id: string, what: "test" | "enable" | "replay", body?: object): Promise<Response> =>
  call("POST", `/api/v1/channels/${id}/${what}`, { cookie, ...(body === undefined ? {} : { body }) });

export const removedChannel = ({ cookie }: Someone, id: string): Promise<Response> => call("DELETE", `/api/v1/channels/${id}`, { cookie });

/** Keys of leaves that begin so, in the order of the log. */
export async function leafKeys(prefix: string): Promise<string[]> {
  const { results } = await env.DB.prepare("SELECT idem FROM log_leaf WHERE idem LIKE ?1 || '%' ORDER BY idx")
    .bind(prefix)
    .all<{ idem: string }>();
  return results.map(({ idem }) => idem);
}
