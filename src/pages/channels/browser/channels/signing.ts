/** Signing for a channel: only what says exactly what this page shows, by the hash of the very settings. */
import { hex } from "#countersign/encoding/bytes.ts";
import { canonicalize, hashJson } from "#countersign/json/canonical-json.ts";
import { signedForChannelShape } from "#countersign/documents/record.ts";
import { fit, object } from "#countersign/json/shape.ts";
import type { ShownSettings } from "#api/channel-data.ts";
import { channelOrigin, channelSettingsShape, signedChannelShape } from "#api/channel-shapes.ts";
import { post, type Problem, put } from "#pages/kit/browser/post.ts";
import { authorise, type Drafted } from "#pages/signatures/browser/admin-signature.ts";
import { channelsScriptTexts as texts } from "#texts/browser/channels.ts";
import type { WantedSettings } from "./wanted.ts";

const parameters = object({ channel: signedForChannelShape });

/** What is to be signed. `id` null: of a new channel, whose id the service chooses. */
export interface ToSign {
  change: "channel.added" | "channel.changed";
  id: string | null;
  name: string;
  body: Readonly<Record<string, unknown>>;
  /** Whether these settings are those that the page shows. */
  isShown: (settings: ShownSettings) => boolean;
}

/** Done, with what was made for it and is known from now on; or it waits for another admin. */
export interface SignedFor {
  id: string;
  name: string;
  waits: boolean;
  secret: string | null;
  publicKey: string | null;
}

/** Whether settings are what was wanted, with a public key of the service's where there is one. */
export const isAsWanted = (settings: ShownSettings, wanted: WantedSettings): boolean => {
  const key = "public_key" in settings ? { public_key: settings.public_key } : {};
  return canonicalize(settings) === canonicalize({ ...wanted, ...key });
};

/** Asks for the statement, checks it, signs and sends. Gives what was made, or what to tell; empty if fields say it. */
export async function signForChannel(
  toSign: ToSign,
  admin: string,
  explain: (problem: Problem) => string,
): Promise<{ signed: SignedFor } | { told: string }> {
  const { change, id, name, body } = toSign;
  let made: { settings: ShownSettings; secret: string | null } | null = null;
  const isShown = ({ channel }: ReturnType<typeof parameters>, { settings, secret }: Drafted): boolean => {
    const read = fit(channelSettingsShape, settings ?? null);
    if (!read.ok) return false;
    made = { settings: read.value, secret: secret ?? null };
    return (
      toSign.isShown(read.value) &&
      channel.settings_hash === hex(hashJson(read.value)) &&
      channel.kind === read.value.kind &&
      channel.origin === channelOrigin(read.value) &&
      channel.name === name &&
      channel.id === (id ?? channel.id)
    );
  };
  const authorised = await authorise({ path: "/admin/channels/statement", body, operation: change, parameters, isShown, admin }, explain);
  if (!authorised.ok) return { told: authorised.refusal };
  const sent = { authorisation: authorised.value };
  const answer =
    change === "channel.added"
      ? await post("/api/v1/channels", sent, signedChannelShape)
      : await put(`/api/v1/channels/${id ?? ""}`, sent, signedChannelShape);
  if (!answer.ok) return { told: answer.refusal.isKnown ? explain(answer.refusal) : texts.signing.notKnown };
  return { signed: { ...answer.value, waits: answer.value.signatures !== undefined, ...keysOf(made) } };
}

function keysOf(made: { settings: ShownSettings; secret: string | null } | null): Pick<SignedFor, "secret" | "publicKey"> {
  if (made === null) return { secret: null, publicKey: null };
  const { settings, secret } = made;
  return { secret, publicKey: settings.kind === "webhook" ? settings.public_key : null };
}
