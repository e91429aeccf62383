/** One mail, whoever carries it: text alone, whose every line and header is made here. */
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { Outgoing } from "#gate/channels/channel.ts";
import { wording } from "./wording.ts";

export interface Mailbox {
  email: string;
  /** Empty: none. */
  name: string;
}

export interface Mail {
  /** Stays the same however often it is sent. */
  id: string;
  from: Mailbox;
  to: string;
  subject: string;
  text: string;
  /** For those who let it be given; others make their own. */
  messageId: string;
  headers: Record<string, string>;
}

const MOST_OF_ADDRESS = 254;
const ADDRESS = /^[^\s@<>()[\]\\,;:"\p{Cc}]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/u;
const NAMED = /^([^<>"\\,;:@\p{Cc}]{1,100}) <([^<>]+)>$/u;

/** Whether it is one mailbox and nothing else: no name, no second address, no line break. */
export const isMailAddress = (address: string): boolean => address.length <= MOST_OF_ADDRESS && ADDRESS.test(address);

/** A sender, written `gate@example.com` or `Countersign <gate@example.com>`; null for anything else. */
export function readMailbox(written: string): Mailbox | null {
  const [, name = "", inside = written] = NAMED.exec(written) ?? [];
  return isMailAddress(inside) ? { email: inside, name: name.trim() } : null;
}

/** As a header has it. */
export const mailboxText = ({ email, name }: Mailbox): string => (name === "" ? email : `${name} <${email}>`);

const SIGNATURE = "Nothing in this message decides, and answers to it are not read. You decide on the page, with your passkey.";

function textOf(message: Outgoing): { subject: string; text: string } {
  // No time from now: mail is read later, and stays the same when it is sent again.
  const { title, lines, link } = wording(message.content, null);
  const text = [...lines, "", `${link.text}: ${link.url}`, "", "--", SIGNATURE, ""].join("\n");
  return { subject: title.replaceAll(/\p{Cc}/gu, " "), text };
}

/**
 * The mail of a message. Mails of one request stand under one thread, which begins with an id that no mail has. Only who wrote to a person
 * is told where that is changed.
 */
export function mailOf(message: Outgoing, from: string, to: string): Result<Mail, "sender-malformed" | "address-malformed"> {
  const sender = readMailbox(from);
  if (sender === null) return refuse("sender-malformed");
  if (!isMailAddress(to)) return refuse("address-malformed");
  const { hostname, origin } = new URL(message.content.url);
  const thread =
    message.topic === null ? {} : { "In-Reply-To": `<${message.topic}@${hostname}>`, References: `<${message.topic}@${hostname}>` };
  const unsubscribe = message.to.is === "contact" ? { "List-Unsubscribe": `<${origin}/account/notifications>` } : {};
  const headers = { "Auto-Submitted": "auto-generated", ...thread, ...unsubscribe };
  return accept({ id: message.id, from: sender, to, ...textOf(message), messageId: `<${message.id}@${hostname}>`, headers });
}
