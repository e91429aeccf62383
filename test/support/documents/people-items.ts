/** People, passkeys and invites as the service lists them: ordinary and hostile. */
import { b64u, hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { keyWords } from "#countersign/encoding/fingerprint-digits.ts";
import type { PeopleList, PersonDetail } from "#api/people/person-data.ts";
import type { HeldPasskey, InviteItem, Me, PersonItem, WaitingPasskeyItem } from "#api/people-data.ts";

export const NOW = "2026-11-20T09:30:00.000Z";
const TOMORROW = "2099-11-21T09:30:00.000Z";

/** A key of that name: any bytes, since pages only compare them. */
export const publicKeyOf = (name: string): string => b64u(utf8(`key of ${name}`));
export const credentialIdOf = (name: string): string => b64u(sha256(utf8(name)).slice(0, 16));

const keyed = (name: string, label: string) => {
  const fingerprint = hex(sha256(utf8(`key of ${name}`)));
  return {
    credential_id: credentialIdOf(name),
    name: label,
    created_at: NOW,
    backup_eligible: true,
    fingerprint,
    words: keyWords(fingerprint),
  };
};

/** A passkey that stands. */
export const held = (name: string, over: Partial<HeldPasskey> = {}): HeldPasskey => ({
  ...keyed(name, ""),
  revoked_at: null,
  shared_with: [],
  counter_back_at: null,
  ...over,
});

/** The same as its owner sees it, who is not signed in with it. */
export const ownPasskey = (name: string, over: Partial<Me["passkeys"][number]> = {}): Me["passkeys"][number] => ({
  ...keyed(name, ""),
  revoked_at: null,
  counter_back_at: null,
  current: false,
  ...over,
});

/** A passkey that waits, as Alex invited. */
export const waiting = (name: string, over: Partial<WaitingPasskeyItem> = {}): WaitingPasskeyItem => ({
  ...keyed(name, ""),
  roles: ["approver"],
  groups: ["release-managers"],
  invited_by: { id: "usr_alex", username: "alex" },
  signatures: 0,
  required: 1,
  signed_by: [],
  operation: "0".repeat(64),
  shared_with: [],
  ...over,
});

/** Somebody with one passkey that stands. */
export const someone = (username: string, over: Partial<PersonItem> = {}): PersonItem => ({
  id: `usr_${username}`,
  username,
  display_name: "",
  roles: ["approver"],
  groups: [],
  confirmed: true,
  passkeys: [held(username)],
  waiting: [],
  proposed_roles: [],
  ...over,
});

/** Somebody invited, whose passkey waits. */
export const newcomer = (username: string, over: Partial<WaitingPasskeyItem> = {}, display = ""): PersonItem =>
  someone(username, { display_name: display, confirmed: false, passkeys: [], waiting: [waiting(username, over)] });

/** Standing passkeys of the admins among them. */
const adminPasskeys = (people: readonly PersonItem[]): number =>
  people
    .filter(({ confirmed, roles }) => confirmed && roles.includes("admin"))
    .flatMap(({ passkeys }) => passkeys.filter(({ revoked_at }) => revoked_at === null)).length;

const signersOf = (people: readonly PersonItem[]) => people.map(({ id, username }) => ({ id, username }));

/** All of them as a list, which is on one page. */
export const peopleListOf = (people: readonly PersonItem[], over: Partial<PeopleList> = {}): PeopleList => ({
  items: [...people],
  waiting: people.filter((person) => person.waiting.length + person.proposed_roles.length > 0),
  signers: signersOf(people),
  admin_passkeys: adminPasskeys(people),
  ...over,
});

/** One of them, with all that is told of them. */
export const detailOf = (person: PersonItem, over: Partial<PersonDetail> = {}): PersonDetail => ({
  person,
  signers: [],
  admin_passkeys: 2,
  sessions: [],
  out_of_office: [],
  contacts: [],
  decided: [],
  invites: [],
  ...over,
});

export const invited = (over: Partial<InviteItem> = {}): InviteItem => ({
  id: "inv_1",
  person: null,
  username: "robin",
  display_name: null,
  roles: ["approver"],
  groups: [],
  by: { id: "usr_alex", username: "alex" },
  created_at: NOW,
  expires_at: TOMORROW,
  used_at: null,
  ...over,
});

/** A session that was opened with the passkey of that name. */
export const sessionOf = (name: string, over: Partial<Me["sessions"][number]> = {}): Me["sessions"][number] => ({
  id: `ses_${credentialIdOf(name)}`,
  credential_id: credentialIdOf(name),
  created_at: NOW,
  last_seen_at: NOW,
  command_line: null,
  ends_at: "2026-11-27T09:30:00.000Z",
  current: false,
  ...over,
});

/** Alex, signed in with the first of two passkeys, and with the other somewhere else. */
export const meAlex = (over: Partial<Me> = {}): Me => ({
  id: "usr_alex",
  username: "alex",
  display_name: "Alex Doe",
  roles: ["approver", "admin"],
  groups: ["release-managers"],
  admin_passkeys: 2,
  passkeys: [ownPasskey("alex", { name: "laptop", current: true }), ownPasskey("alex-2", { name: "security key", backup_eligible: false })],
  waiting: [],
  stop_token: null,
  sessions: [sessionOf("alex", { current: true }), sessionOf("alex-2")],
  ...over,
});
