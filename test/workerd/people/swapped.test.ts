/** What admins signed for and what comes to stand are one: whatever is swapped between the signature and the write, nothing is made of it. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { confirmPasskey } from "#gate/people/confirm-passkey.ts";
import {
  addPasskey,
  admitted,
  changeRoles,
  confirm,
  enrolInvited,
  enter,
  given,
  invite,
  meanwhile,
  recordsOf,
  revoke,
  sendConfirmation,
  signFor,
  type Waiting,
} from "#test/workerd/support/invited.ts";
import { enrolFirst, outcome, rowsOf, signIn, type Someone } from "#test/workerd/support/people.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const TWO = { ADMINS_REQUIRED: "2" } as const;
const NOT_WAITING = { ok: false, refusal: { reason: "not-waiting" } };

let alex: Someone;
let blair: Someone;
beforeEach(async () => {
  await emptyStorage();
  alex = await enrolFirst();
  blair = await admitted(alex, "blair", ["admin", "approver"]);
});

/** What the rows say of every passkey, in the form of the leaf that tells of it. */
async function standing(): Promise<unknown[]> {
  const { results } = await env.DB.prepare(
    `SELECT person.id, username, credential_id, public_key, alg, backup_eligible FROM passkey JOIN person ON person.id = person_id ORDER BY leaf_index`,
  ).all<{ id: string; username: string; credential_id: string; public_key: string; alg: number; backup_eligible: number }>();
  return results.map(({ id, username, ...key }) => ({
    person: { id, username },
    credential: { id: key.credential_id, public_key: key.public_key, alg: key.alg, backup_eligible: key.backup_eligible === 1 },
  }));
}

/** Every enrolment in the log is of a passkey that is there, with the key that the log names; and the other way round. */
async function expectAsLogged(): Promise<void> {
  const logged = (await recordsOf("passkey.enrolled")).map(({ person, credential }) => ({ person, credential }));
  expect(await standing()).toEqual(logged);
}

const written = async (): Promise<unknown> => ({
  rows: await Promise.all((["person", "passkey", "waiting_passkey", "proposal", "spent_nonce"] as const).map(rowsOf)),
  enrolled: await recordsOf("passkey.enrolled"),
});

const idsOf = ({ id, passkey }: Waiting) => ({ personId: id, credentialId: passkey.credentialId });

describe("another key under the id of the passkey that was signed for", () => {
  let first: Waiting;
  let other: Waiting;
  let before: unknown;
  beforeEach(async () => {
    first = await addPasskey(blair);
  });

  const sameId = () => ({ credentialId: first.passkey.credentialId });

  /** As a stolen session does it: discards what was signed for, and adds another key under its id. */
  async function swap(): Promise<void> {
    expect((await revoke(blair, first)).status).toBe(204);
    other = await addPasskey(blair, undefined, sameId());
    before = await written();
  }

  test("is not confirmed by that signature, which is not used up; it waits for one of its own", async () => {
    const signed = await signFor(alex, first.passkey);
    expect(await confirmPasskey(idsOf(first), alex.id, signed, await meanwhile(swap))).toEqual(NOT_WAITING);
    expect(await written()).toEqual(before);
    for (const { passkey } of [first, other]) expect(await outcome(await signIn(passkey, sameId()))).toEqual([401, "unauthorized"]);
    expect(await outcome(await sendConfirmation(alex, first, signed))).toEqual([403, "decision_not_accepted"]);

    await given(await confirm(alex, first));
    await expectAsLogged();
    expect((await signIn(other.passkey, sameId())).status).toBe(200);
    expect((await recordsOf("passkey.enrolled")).at(-1)).toMatchObject({ credential: { public_key: other.passkey.publicKey } });
  });

  test("is not confirmed by two either: the one that was kept stays kept", async () => {
    expect((await confirm(alex, first, TWO)).status).toBe(202);
    const signed = await signFor(blair, first.passkey);
    expect(await confirmPasskey(idsOf(first), blair.id, signed, await meanwhile(swap, TWO))).toEqual(NOT_WAITING);
    expect(await written()).toEqual(before);
    expect(await rowsOf("proposal")).toBe(1);
  });

  test("does not count as confirmed by whoever signed for the first, if another admin signs for it", async () => {
    const signed = await signFor(alex, first.passkey);
    const swapAndConfirm = async () => {
      await swap();
      await given(await confirm(blair, first));
    };
    expect(await confirmPasskey(idsOf(first), alex.id, signed, await meanwhile(swapAndConfirm))).toEqual(NOT_WAITING);
    await expectAsLogged();
    expect((await recordsOf("passkey.enrolled")).at(-1)).toMatchObject({ authorised_by: [{ statement: { admin: blair.id } }] });
  });
});

describe("of somebody new", () => {
  let casey: Waiting;
  beforeEach(async () => {
    casey = await enrolInvited(await invite(alex), "casey");
  });

  test.each([
    ["the public key", "public_key = 'pQECAyYgAQ'"],
    ["the algorithm", "alg = -257"],
    ["whether it may be copied", "backup_eligible = 1 - backup_eligible"],
    ["the person", "person_id = 'usr_somebody'"],
    ["the username", "username = 'eve'"],
    ["the roles", `roles = '["admin"]'`],
    ["the groups", `groups = '["ops"]'`],
  ])("%s that waits is another by now: refused, and nothing is written", async (_, change) => {
    const signed = await signFor(alex, casey.passkey);
    const before = await written();
    const swap = () =>
      env.DB.prepare(`UPDATE waiting_passkey SET ${change} WHERE credential_id = ?`).bind(casey.passkey.credentialId).run();
    expect(await confirmPasskey(idsOf(casey), alex.id, signed, await meanwhile(swap))).toEqual(NOT_WAITING);
    expect(await written()).toEqual(before);
  });

  test("as it was signed, it stands as it was signed", async () => {
    await given(await confirm(alex, casey));
    await expectAsLogged();
    const row = await env.DB.prepare("SELECT roles, groups, display_name FROM person WHERE id = ?").bind(casey.id).first();
    expect(row).toEqual({ roles: '["approver"]', groups: "[]", display_name: "Casey Example" });
    expect((await enter(casey)).cookie).toMatch(/^__Host-/);
  });
});

test("what nobody signed may change until then: a passkey has the name that its person gave it last", async () => {
  const second = await addPasskey(blair);
  const rename = () =>
    env.DB.prepare("UPDATE waiting_passkey SET name = 'blue key' WHERE credential_id = ?").bind(second.passkey.credentialId).run();
  const confirmed = await confirmPasskey(idsOf(second), alex.id, await signFor(alex, second.passkey), await meanwhile(rename));
  expect(confirmed).toMatchObject({ ok: true, value: { done: true } });
  const name = env.DB.prepare("SELECT name FROM passkey WHERE credential_id = ?").bind(second.passkey.credentialId);
  expect(await name.first("name")).toBe("blue key");
});

test("discarded, it is not told to be confirmed, not even to an admin who is none any more when they have signed", async () => {
  const casey = await enrolInvited(await invite(alex), "casey");
  await admitted(alex, "dana", ["admin"]);
  const signed = await signFor(blair, casey.passkey);
  const ports = await meanwhile(() => Promise.resolve(), TWO);
  const keepSignatures: typeof ports.keepSignatures = async (...kept) => {
    const stored = await ports.keepSignatures(...kept);
    await given(await changeRoles(alex, blair.id, []));
    expect((await revoke(alex, casey)).status).toBe(204);
    return stored;
  };
  const confirmed = await confirmPasskey(idsOf(casey), blair.id, signed, { ...ports, keepSignatures });
  expect(confirmed).toMatchObject({ ok: true, value: { done: false } });
});
