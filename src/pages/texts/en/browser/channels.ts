/** What the script of `/admin/channels` says, and the settings of channels, which it makes anew of what is signed. */
import type { View } from "#pages/kit/view.ts";

export const channelsScriptTexts = {
  settings: {
    kind: "Kind",
    kinds: { webhook: "Webhook", slack: "Slack", email: "E-mail", webpush: "Push to devices" },
    providers: { cloudflare: "Cloudflare", resend: "Resend", postmark: "Postmark", relay: "A relay of your own" },
    places: "Places",
    noPlaces: "none: people are told at addresses of their own",
    placeOfGroup: (place: View, group: View): View[] => [place, " (requests of the group ", group, ")"],
    address: "Address",
    events: "Events",
    signedWith: "Signed with",
    signings: { hmac: "a shared secret", ed25519: "a key pair" },
    publicKey: "Public key",
    from: "From",
    provider: "Provider",
    relay: "Relay",
    header: "Header",
    body: "Body",
    contact: "Contact for push services",
  },
  form: {
    add: { title: "Add a channel", submit: "Add channel" },
    change: { title: (name: string): string => `Change ${name}`, submit: "Sign change" },
  },
  signing: {
    notKnown: "The answer did not come through, so it is not known whether this was done. Reload the page: it shows what there is.",
  },
  made: {
    waits: (name: string): string => `${name} waits for a second signature`,
    signed: (name: string): string => `${name} is signed for`,
    publicKey: "With this public key its receiver checks what it is sent. It stays on this page.",
    secret: "This is the only time its secret is shown. With it its receiver checks what it is sent: set it there first.",
  },
  rotation: {
    title: (name: string): string => `New key of ${name}`,
    texts: {
      webhook: "A new key is made. The old one signs beside it for a day, so that nothing is lost while its receiver is told.",
      webpush: "A new key is made. Devices subscribe with it when their page is opened next, and until then the old one serves.",
      slack: "Enter the new credential. Then send a test: nothing is sent until one is accepted.",
      email: "Enter the new credential. Then send a test: nothing is sent until one is accepted.",
    },
  },
  removal: {
    title: (name: string): string => `Remove ${name}`,
    text: "Nothing is sent over it any more. Its credential, what waits to be sent, and people’s addresses on it are deleted. This cannot be undone.",
    verb: "Remove channel",
  },
  test: {
    refused: (answer: string): string => `The test was not accepted: ${answer}. Mend it, and send another one.`,
    accepted: "The test was accepted.",
    active: "The test was accepted, and the channel is active.",
  },
  replay: {
    noTime: "Say from when on.",
    done: (messages: number, more: boolean): string =>
      `${messages} messages are sent again.${more ? " There may be more: replay from where these end." : ""}`,
  },
  resending: {
    title: "Send this message again",
    text: "It is sent once more under the same id. Whoever has taken it before knows it by that.",
    verb: "Send again",
    done: "The message is sent again.",
  },
} as const;
