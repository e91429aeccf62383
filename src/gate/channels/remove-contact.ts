/**
 * A person is reached somewhere no more. A stolen session could take away all that its owner is told over, and add a device of its own then:
 * so whatever is removed is told of it for the last time.
 */
import { timestamp } from "#countersign/documents/words.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { ContactPorts } from "./contacts.ts";

/** A contact as it was. */
export interface RemovedContact {
  id: string;
  channelId: string;
  /** Sealed. */
  address: string;
  label: string;
  keyId: string | null;
  isConfirmed: boolean;
}

export interface RemovalPorts extends Pick<ContactPorts, "vault" | "origin" | "now" | "sendNow"> {
  /** Forgets one of a person's own: nothing that waits for it is sent. Null if it is none of theirs. */
  forgetContact(personId: string, id: string): Promise<RemovedContact | null>;
}

/** Forgets it. What it gives tells it so: nobody waits for that, and it never throws. */
export async function removeContact(
  personId: string,
  id: string,
  ports: RemovalPorts,
): Promise<Result<() => Promise<void>, { reason: "unknown-contact" }>> {
  const contact = await ports.forgetContact(personId, id);
  return contact === null ? refuse({ reason: "unknown-contact" }) : accept(() => tellForTheLastTime(contact, ports));
}

async function tellForTheLastTime(
  { id, channelId, address, label, keyId, isConfirmed }: RemovedContact,
  { vault, origin, now, sendNow }: RemovalPorts,
): Promise<void> {
  const opened = isConfirmed ? await vault?.open(address, { label: "contact", id, origin: "" }) : undefined;
  if (opened?.ok !== true) return;
  const content = { type: "contact.removed", at: timestamp(now()), url: `${origin}/account/notifications`, contact: { label } };
  await sendNow(channelId, { address: opened.value, keyId }, content);
}
