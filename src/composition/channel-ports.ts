/** The ports of channels, made of this Worker's bindings. */
import { vapidPublicKeys, newVapidCredential, rotateVapidCredential } from "#channels/vapid-keys.ts";
import { newSlackCredential, readSlackCredential, verifySlackSignature } from "#channels/slack-credential.ts";
import { newWebhookCredential, publicKeyOf, rotateWebhookCredential, sharedSecretOf } from "#channels/webhook-keys.ts";
import type { Bytes } from "#countersign/encoding/bytes.ts";
import { timestamp } from "#countersign/documents/words.ts";
import type { Bindings } from "#config/bindings.ts";
import type { Config } from "#config/config.ts";
import { deliveryPorts } from "#durable-objects/delivery-ports.ts";
import type { CredentialPorts, GivenCredential, MadeCredential } from "#gate/channels/admin/channel-credential.ts";
import type { SlackSaid } from "#gate/channels/admin/slack-interaction.ts";
import type { ChannelPorts } from "#http/ports.ts";
import { channelDraftOf, keepWithChannelDraft, storeChannelDraft } from "#storage/channels/channel-drafts.ts";
import { activateChannel, channelById, contactOf, standingChannels } from "#storage/channels/channels.ts";
import { endTest, isStillOpen, messageById, putAllBack, putBack } from "#storage/channels/message-lists.ts";
import { triggerDelivery } from "./delivery.ts";
import { peoplePorts } from "./people-ports.ts";

const random = (bytes: number): Bytes => crypto.getRandomValues(new Uint8Array(bytes));

const ofWebhook = async (credential: string): Promise<MadeCredential> => ({
  credential,
  publicKey: await publicKeyOf(credential),
  secret: sharedSecretOf(credential),
});
const ofPushes = (credential: string): MadeCredential => ({
  credential,
  publicKey: vapidPublicKeys(credential)[0]?.publicKey ?? null,
  secret: null,
});

/** What is kept was checked before: one that its kind does not take is a bug. */
function keepCredential(given: GivenCredential): string {
  if (given.kind === "email") return given.apiKey;
  const made = newSlackCredential(given.botToken, given.signingSecret);
  if (!made.ok) throw new Error("a credential of Slack's that was checked is none");
  return made.value;
}

const credentialPorts: CredentialPorts = {
  makeCredential: async (wanted) =>
    wanted.kind === "webhook" ? ofWebhook(newWebhookCredential(wanted.signing, random)) : ofPushes(await newVapidCredential()),
  async rotateCredential(wanted, kept, untilMs) {
    if (wanted.kind === "webhook") {
      const rotated = rotateWebhookCredential(kept, untilMs, random);
      return rotated.ok ? ofWebhook(rotated.value) : null;
    }
    const rotated = await rotateVapidCredential(kept, untilMs);
    return rotated.ok ? ofPushes(rotated.value) : null;
  },
  keepCredential,
};

async function isSignedBySlack(credential: string, said: SlackSaid): Promise<boolean> {
  const signingSecret = readSlackCredential(credential)?.signing_secret ?? null;
  return signingSecret !== null && verifySlackSignature({ signingSecret, ...said }, Date.now());
}

export async function channelPorts(env: Bindings, config: Config): Promise<ChannelPorts> {
  const { DB } = env;
  const now = () => timestamp(Date.now());
  return {
    ...(await peoplePorts(env, config)),
    ...deliveryPorts(env, config),
    ...credentialPorts,
    addressRules: { ownHost: new URL(config.origin).host, allowsLoopback: config.outbound.allowsLoopback },
    hasEmailBinding: env.EMAIL !== undefined,
    standingChannels: () => standingChannels(DB),
    channelById: (id) => channelById(DB, id),
    storeDraft: (draft) => storeChannelDraft(DB, draft, Date.now()),
    draftOf: (hash) => channelDraftOf(DB, hash),
    keepWithChannelDraft: (kept, spends, draft) => keepWithChannelDraft(DB, kept, spends, draft, now()),
    contactOf: (channelId, personId) => contactOf(DB, channelId, personId),
    endTest: (id) => endTest(DB, id),
    activate: (id, number, from, at) => activateChannel(DB, id, number, from, at),
    wakeDelivery: () => triggerDelivery(env),
    messageById: (id) => messageById(DB, id),
    isStillOpen: (requestId) => isStillOpen(DB, requestId, now()),
    putBack: (id, at) => putBack(DB, id, at),
    putAllBack: (id, from, at, most) => putAllBack(DB, id, from, at, most),
    isSignedBySlack,
  };
}
