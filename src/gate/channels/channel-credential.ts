/** Credentials of channels: given by an admin or made here, sealed for one channel and the one origin that they may be sent to. */
import type { ChannelSettings } from "./channel.ts";
import type { VaultPurpose } from "./vault.ts";

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

/** Whom e-mail providers' keys may be sent to. */
const PROVIDERS = { cloudflare: "", resend: "https://api.resend.com", postmark: "https://api.postmarkapp.com" } as const;

/** Scheme, host and port that a channel's credential may be sent to; empty where it goes to nobody, or to whom its user names. */
export function credentialOrigin(settings: ChannelSettings): string {
  switch (settings.kind) {
    case "webhook":
      return new URL(settings.url).origin;
    case "slack":
      return "https://slack.com";
    case "webpush":
      return "";
    case "email":
      if (settings.via !== "relay") return PROVIDERS[settings.via];
      return settings.relay === null ? "" : new URL(settings.relay.url).origin;
  }
}

/** What a channel's credential is sealed for: of another channel, or for another origin, it does not open. */
export const credentialPurpose = (channelId: string, settings: ChannelSettings): VaultPurpose => ({
  label: "channel",
  id: channelId,
  origin: credentialOrigin(settings),
});

/** Whether a channel of such settings has a credential at all: Cloudflare sends e-mail by its binding. */
export const needsCredential = (settings: { kind: ChannelSettings["kind"]; via?: string }): boolean =>
  settings.kind !== "email" || settings.via !== "cloudflare";
