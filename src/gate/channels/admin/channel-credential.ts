/** Credentials of channels: given by an admin or made here, sealed for one channel and the one origin that they may be sent to. */
import { channelOrigin, type ChannelSettings } from "#rules/notices/channel-settings.ts";
import type { VaultPurpose } from "../vault.ts";

/** What an admin gives of a channel whose other end has made the credential. */
export type GivenCredential =
  | { kind: "slack"; botToken: string; signingSecret: string | null }
  /** Of an e-mail provider, or the value of a relay's header. */
  | { kind: "email"; apiKey: string };

/** A credential that was made here, as its kind keeps it. */
export interface MadeCredential {
  credential: string;
  /** What receivers and browsers know of it; null where they know the secret itself. */
  publicKey: string | null;
  /** What the receiver has to be told, once; null where a public key is enough. */
  secret: string | null;
}

/** What is made anew for a webhook, by how it signs, and for pushes. */
export type MakingCredential = { kind: "webhook"; signing: "hmac" | "ed25519" } | { kind: "webpush" };

/** How kinds keep their credentials (src/channels). */
export interface CredentialPorts {
  makeCredential(wanted: MakingCredential): Promise<MadeCredential>;
  /** A new one beside the old, which serves until `untilMs`: as its kind needs it. Null if the kept one cannot be read. */
  rotateCredential(wanted: MakingCredential, kept: string, untilMs: number): Promise<MadeCredential | null>;
  keepCredential(given: GivenCredential): string;
}

/** What a channel's credential is sealed for: of another channel, or for another origin, it does not open. */
export const credentialPurpose = (channelId: string, settings: ChannelSettings): VaultPurpose => ({
  label: "channel",
  id: channelId,
  origin: channelOrigin(settings),
});
