/** Messages by mail, to a group's mailbox or a person's confirmed address. */
import type { ChannelSender, Destination } from "#gate/channels/channel.ts";
import { type Mail, mailOf, readMailbox } from "./mail.ts";
import { sendByCloudflare, sendByPostmark, sendByRelay, sendByResend } from "./mail-services.ts";
import { refusedFor, senderOf, type SenderPorts, type Sent, type SettingsOf } from "./sender.ts";

async function carry(ports: SenderPorts, { via, relay }: SettingsOf<"email">, credential: string | null, mail: Mail): Promise<Sent> {
  switch (via) {
    case "cloudflare":
      return ports.email === null ? refusedFor("no_email_binding") : await sendByCloudflare(ports.email, mail);
    case "resend":
      return await sendByResend(ports, credential, mail);
    case "postmark":
      return await sendByPostmark(ports, credential, mail);
    case "relay":
      return relay === null ? refusedFor("no_relay") : await sendByRelay(ports, relay, credential, mail);
  }
}

/**
 * Where a mail goes. A channel has no mailbox of its own: what is for the channel, a test, goes to the first place of its settings, or
 * to the address that it writes from.
 */
function addressOf(to: Destination, { places, from }: SettingsOf<"email">): string {
  if (to.is === "place") return to.to;
  return to.is === "contact" ? to.address : (places[0]?.to ?? readMailbox(from)?.email ?? "");
}

/** Sends one mail to one mailbox. */
export const emailSender = (ports: SenderPorts): ChannelSender =>
  senderOf("email", async (settings, { credential }, message) => {
    const mail = mailOf(message, settings.from, addressOf(message.to, settings));
    return mail.ok ? await carry(ports, settings, credential, mail.value) : refusedFor(mail.refusal.replaceAll("-", "_"));
  });
