/** A person who is signed in makes another passkey. It waits for an admin's signature like any other. */
import { accept, type Result } from "#countersign/result.ts";
import { timestamp } from "#countersign/documents/words.ts";
import type { StoreRefusal, WaitingPorts } from "./enrol-invited.ts";
import {
  type CeremonyPorts,
  type CeremonyRefusal,
  checkEnrolment,
  draftEnrolment,
  type EnrolmentDraft,
} from "#gate/passkeys/enrolment-ceremony.ts";
import type { KnownPerson } from "#gate/passkeys/prove-passkey.ts";

export type AddRefusal = CeremonyRefusal | StoreRefusal;

/** What the browser needs. Stores nothing. */
export const draftAnotherPasskey = (personId: string, ports: Omit<CeremonyPorts<unknown>, "checkRegistration">): EnrolmentDraft =>
  draftEnrolment({ personId, grounds: "account" }, ports);

/** 1. the passkey was made here for this person, signed in; 2. it waits. Gives the public key, b64u. */
export async function addPasskey<Response>(
  person: Omit<KnownPerson, "roles" | "groups"> & { roles: readonly KnownPerson["roles"][number][]; groups: readonly string[] },
  ceremony: { nonce: string; response: Response; name: string },
  ports: CeremonyPorts<Response> & WaitingPorts,
): Promise<Result<{ publicKey: string }, AddRefusal>> {
  const { id: personId, username, displayName, roles, groups } = person;
  const { nonce, response, name } = ceremony;
  const made = await checkEnrolment({ personId, grounds: "account", nonce, response }, ports); // 1
  if (!made.ok) return made;
  const { passkey, spends } = made.value;
  const who = { personId, username, displayName, roles: [...roles], groups: [...groups], invitedBy: null };
  const stored = await ports.storeWaiting({ ...passkey, ...who, name, createdAt: timestamp(ports.now()) }, null, spends); // 2
  return stored.ok ? accept({ publicKey: passkey.publicKey }) : stored;
}
