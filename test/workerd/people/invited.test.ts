/** An invited person's whole way in: link, passkey, waiting, an admin's signature, signing in, deciding. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { keyWords } from "#countersign/encoding/fingerprint-digits.ts";
import { keyFingerprint } from "#countersign/receipt-rules.ts";
import type { InviteItem } from "#api/people-data.ts";
import { parseReceipt, verifyReceipt } from "#countersign/verifier.ts";

import { ask, decided, receiptOf } from "#test/workerd/support/approvals.ts";
import {
  admitted,
  challengeBytes,
  codeOf,
  confirm,
  enrolInvited,
  enter,
  given,
  introduce,
  type Invite,
  invite,
  offerInvited,
  people,
  personOf,
  recordsOf,
} from "#test/workerd/support/invited.ts";
import {
  call,
  enrolFirst,
  makeAgent,
  ORIGIN,
  outcome,
  register,
  rowsOf,
  signIn,
  type Someone,
  someText,
  textLike,
} from "#test/workerd/support/people.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

let alex: Someone;
beforeEach(async () => {
  await emptyStorage();
  alex = await enrolFirst();
});
afterEach(() => {
  vi.useRealTimers();
});

const DAY_MS = 24 * 60 * 60_000;
const later = (ms: number) => vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ms });

test("the whole way: invited, waiting, compared, confirmed, signed in, deciding; the receipt verifies offline", async () => {
  const agent = await makeAgent(alex);
  const invited = await invite(alex, { username: "blair", display_name: "Blair", roles: ["approver"], groups: ["ops"] });
  expect(invited).toEqual({
    id: textLike(/^inv_[A-Za-z0-9_-]{22}$/),
    url: textLike(
      /^https:\/\/gate\.example\.com\/enrol#[A-Za-z0-9_-]{43}&username=blair&name=Blair&by=alex&until=[\d%A-Z.-]+&role=approver&group=ops$/,
    ),
    expires_at: someText,
  });

  const blair = await enrolInvited(invited);
  const fingerprint = keyFingerprint(blair.passkey.publicKey);
  expect(blair).toMatchObject({ fingerprint, words: keyWords(fingerprint) });
  expect(await outcome(await signIn(blair.passkey))).toEqual([401, "unauthorized"]);
  expect(await rowsOf("session")).toBe(1);
  expect(await recordsOf("passkey.enrolled")).toHaveLength(1);

  expect(await personOf(alex, blair.id)).toEqual({
    id: blair.id,
    username: "blair",
    display_name: "Blair Example",
    roles: ["approver"],
    groups: ["ops"],
    confirmed: false,
    passkeys: [],
    waiting: [
      {
        credential_id: blair.passkey.credentialId,
        name: "",
        created_at: someText,
        backup_eligible: false,
        roles: ["approver"],
        groups: ["ops"],
        invited_by: { id: alex.id, username: "alex" },
        fingerprint,
        words: blair.words,
        signatures: 0,
        required: 1,
        signed_by: [],
        operation: textLike(/^[0-9a-f]{64}$/),
        shared_with: [],
      },
    ],
    proposed_roles: [],
  });

  const confirmed = await confirm(alex, blair);
  expect([confirmed.status, await confirmed.json()]).toEqual([200, { confirmed: true }]);
  const [, enrolled] = await recordsOf("passkey.enrolled");
  expect(enrolled).toEqual({
    type: "countersign/record@v1",
    kind: "passkey.enrolled",
    log: "gate.example.com/log",
    at: someText,
    person: { id: blair.id, username: "blair" },
    roles: ["approver"],
    groups: ["ops"],
    credential: { id: blair.passkey.credentialId, public_key: blair.passkey.publicKey, alg: -7, backup_eligible: false },
    authorised_by: [
      {
        statement: {
          type: "countersign/admin@v1",
          origin: ORIGIN,
          operation: "passkey.enrolled",
          parameters: {
            person: { id: blair.id, username: "blair" },
            roles: ["approver"],
            groups: ["ops"],
            credential: { id: blair.passkey.credentialId, public_key: blair.passkey.publicKey, alg: -7, backup_eligible: false },
            display_name: "Blair Example",
          },
          admin: alex.id,
          nonce: someText,
        },
        credential_id: alex.passkey.credentialId,
        assertion: { client_data_json: someText, authenticator_data: someText, signature: someText },
      },
    ],
  });
  expect(await personOf(alex, blair.id)).toMatchObject({ confirmed: true, waiting: [], passkeys: [{ fingerprint, revoked_at: null }] });

  const entered = await enter(blair);
  const asked = await ask(agent, { approver_username: "blair" });
  await decided(entered, asked.request_id, "approved");
  const vkey = (await (await call("GET", "/log/vkey")).text()).trim();
  const receipt = parseReceipt(await receiptOf(agent, asked.request_id));
  if (!receipt.ok) throw new Error(receipt.refusal.message);
  const approvers = new Map([[blair.id, new Set([blair.fingerprint])]]);
  expect(await verifyReceipt(receipt.value, { vkey, origin: ORIGIN, approvers })).toMatchObject({
    ok: true,
    value: { status: "approved" },
  });
});

test("a group is whom an agent may ask; auditors see people, approvers do not", async () => {
  const agent = await makeAgent(alex);
  const blair = await admitted(alex, "blair", ["approver"], ["ops"]);
  const casey = await admitted(alex, "casey", ["auditor"], ["ops"]);
  const asked = await ask(agent, { approvers: { groups: ["ops"] } });
  expect((await call("GET", `/a/${asked.request_id}`, { cookie: alex.cookie })).status).toBe(404);
  expect(await decided(blair, asked.request_id, "approved")).toMatchObject({ status: "approved" });
  expect((await people(casey)).map(({ username }) => username)).toEqual(["alex", "blair", "casey"]);
  expect(await outcome(await call("GET", "/api/v1/people", { cookie: blair.cookie }))).toEqual([403, "forbidden"]);
});

describe("an invitation", () => {
  const items = async () => (await given<{ items: InviteItem[] }>(await call("GET", "/api/v1/invites", { cookie: alex.cookie }))).items;

  test("is listed without its code, and as used once it was", async () => {
    const invited = await invite(alex, {
      username: "blair",
      display_name: "Blair",
      roles: ["approver", "admin", "admin"],
      groups: ["b", "a", "b"],
    });
    const item = {
      id: invited.id,
      person: null,
      username: "blair",
      display_name: "Blair",
      roles: ["admin", "approver"],
      groups: ["a", "b"],
      by: { id: alex.id, username: "alex" },
      created_at: someText,
      expires_at: invited.expires_at,
      used_at: null,
    };
    expect(await items()).toEqual([item]);
    expect(Date.parse(invited.expires_at) - Date.parse((await items())[0]?.created_at ?? "")).toBe(DAY_MS);
    await enrolInvited(invited);
    expect(await items()).toEqual([{ ...item, used_at: someText }]);
    const { results } = await env.DB.prepare("SELECT * FROM invite").all();
    expect(JSON.stringify(results)).not.toContain(codeOf(invited));
  });

  test("is worth nothing once it is withdrawn; a used one stays", async () => {
    const invited = await invite(alex);
    const drop = (id: string) => call("DELETE", `/api/v1/invites/${id}`, { cookie: alex.cookie });
    expect((await drop(invited.id)).status).toBe(204);
    expect(await outcome(await drop(invited.id))).toEqual([404, "not_found"]);
    expect(await options(invited)).toEqual([400, "invite_invalid"]);
    const used = await invite(alex);
    await enrolInvited(used);
    expect(await outcome(await drop(used.id))).toEqual([404, "not_found"]);
  });

  test.each([
    ["roles", {}],
    ["roles[0]", { roles: ["root"] }],
    ["groups[0]", { roles: [], groups: [""] }],
    ["username", { roles: [], username: "Blair" }],
    ["username", { roles: [], username: "alex" }],
    ["display_name", { roles: [], display_name: " " }],
    ["person", { person: "usr_nobody" }],
    ["surname", { roles: [], surname: "x" }],
  ])("names the field that does not fit: %s", async (field, body) => {
    const answer = await call("POST", "/api/v1/invites", { cookie: alex.cookie, body });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: "invalid_request", errors: [{ field }] });
    expect(await items()).toEqual([]);
  });

  test("is an admin's to make, to see and to withdraw", async () => {
    const blair = await admitted(alex, "blair", ["approver", "auditor"]);
    const forbidden = [403, "forbidden"];
    const as = { cookie: blair.cookie };
    expect(await outcome(await call("POST", "/api/v1/invites", { ...as, body: { roles: [] } }))).toEqual(forbidden);
    expect(await outcome(await call("GET", "/api/v1/invites", as))).toEqual(forbidden);
    expect(await outcome(await call("DELETE", "/api/v1/invites/inv_x", as))).toEqual(forbidden);
  });
});

const options = async (invited: Invite, username = "blair") =>
  outcome(await call("POST", "/enrol/options", { body: introduce(invited, username) }));

describe("a code", () => {
  const finish = (body: unknown) => call("POST", "/enrol/finish", { body });

  async function prepared(invited: Invite, username = "blair") {
    const offer = await offerInvited(invited, username);
    const { passkey, response } = await register(offer);
    return { passkey, body: { ...introduce(invited, username), nonce: offer.nonce, person: offer.person, response } };
  }

  test("that is wrong, cut off, used or late is refused in the same words, and a late one at the finish too", async () => {
    const invited = await invite(alex);
    const used = await invite(alex);
    await enrolInvited(used, "casey");
    const { body } = await prepared(invited);
    const answers: unknown[] = [];
    const refused = async (code: string) => {
      const answer = await call("POST", "/enrol/options", { body: { ...introduce(invited), code } });
      answers.push([answer.status, await answer.json()]);
    };
    await refused("A".repeat(43));
    await refused(codeOf(invited).slice(0, -1));
    await refused("nonsense!");
    await refused(codeOf(used));
    later(DAY_MS);
    await refused(codeOf(invited));
    const late = await finish(body);
    answers.push([late.status, await late.json()]);
    expect(answers[0]).toMatchObject([400, { code: "invite_invalid" }]);
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await rowsOf("waiting_passkey")).toBe(1);
  });

  test("serves until the last moment of its day", async () => {
    const invited = await invite(alex);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse(invited.expires_at) - 1 });
    expect((await enrolInvited(invited)).id).toMatch(/^usr_/);
  });

  test("is not used up by a failure", async () => {
    const invited = await invite(alex);
    const offer = await offerInvited(invited);
    const { response } = await register(offer, {}, { userVerified: false });
    const wrong = { ...introduce(invited), nonce: offer.nonce, person: offer.person, response };
    expect(await outcome(await finish(wrong))).toEqual([403, "decision_not_accepted"]);
    const { body } = await prepared(invited);
    expect(await outcome(await finish({ ...body, username: "alex" }))).toEqual([400, "invalid_request"]);
    expect(await rowsOf("waiting_passkey")).toBe(0);
    expect((await finish(body)).status).toBe(200);
  });

  test("serves once, also for two at the same moment", async () => {
    const invited = await invite(alex);
    const [one, other] = [await prepared(invited), await prepared(invited, "casey")];
    const answers = await Promise.all([finish(one.body), finish(other.body)]);
    expect((await Promise.all(answers.map(outcome))).toSorted()).toEqual([
      [200, undefined],
      [400, "invite_invalid"],
    ]);
    expect(await rowsOf("waiting_passkey")).toBe(1);
    expect(await outcome(await finish(one.body))).toEqual([400, "invite_invalid"]);
  });

  test("goes with the nonce that was made for it, and with its person", async () => {
    const [invited, another] = [await invite(alex), await invite(alex)];
    const { body } = await prepared(invited);
    const { body: others } = await prepared(another, "casey");
    for (const mixed of [
      { ...body, code: codeOf(another) },
      { ...body, nonce: others.nonce },
      { ...body, person: others.person },
      { ...body, person: alex.id },
    ]) {
      expect(await outcome(await finish(mixed))).toEqual([403, "decision_not_accepted"]);
    }
    later(15 * 60_000);
    expect(await outcome(await finish(body))).toEqual([403, "decision_not_accepted"]);
    expect(await rowsOf("waiting_passkey")).toBe(0);
  });

  test("for a name serves that name only, and no name serves twice, waiting ones included", async () => {
    const named = await invite(alex, { username: "blair", roles: [] });
    expect(await options(named, "casey")).toEqual([400, "invalid_request"]);
    expect(await options(await invite(alex), "alex")).toEqual([400, "invalid_request"]);
    const [first, second] = [await invite(alex), await invite(alex)];
    const bodies = [(await prepared(first, "casey")).body, (await prepared(second, "casey")).body];
    const answers = await Promise.all(bodies.map(finish));
    expect((await Promise.all(answers.map(outcome))).toSorted()).toEqual([
      [200, undefined],
      [400, "invalid_request"],
    ]);
    const used = await env.DB.prepare("SELECT count(*) AS used FROM invite WHERE used_at IS NOT NULL").first("used");
    expect([used, await rowsOf("waiting_passkey")]).toEqual([1, 1]);
    const taken = await call("POST", "/api/v1/invites", { cookie: alex.cookie, body: { roles: [], username: "casey" } });
    expect(await taken.json()).toMatchObject({ errors: [{ field: "username" }] });
  });

  test("takes no credential that is known already, waiting or confirmed", async () => {
    const waiting = await enrolInvited(await invite(alex));
    for (const known of [waiting.passkey, alex.passkey]) {
      const second = await invite(alex);
      const offer = await offerInvited(second, "casey");
      const response = await known.register({ challenge: challengeBytes(offer), origin: ORIGIN });
      const body = { ...introduce(second, "casey"), nonce: offer.nonce, person: offer.person, response };
      expect(await outcome(await finish(body))).toEqual([403, "decision_not_accepted"]);
    }
    expect(await rowsOf("waiting_passkey")).toBe(1);
  });

  test("comes from our own page only", async () => {
    const body = introduce(await invite(alex));
    for (const origin of [null, "https://evil.example"]) {
      expect(await outcome(await call("POST", "/enrol/options", { body, origin }))).toEqual([403, "forbidden"]);
      expect(await outcome(await call("POST", "/enrol/finish", { body, origin }))).toEqual([403, "forbidden"]);
    }
  });
});

describe("how a new passkey stands, to whoever made it", () => {
  type State = { state: string; fingerprint?: string; words?: string };
  const stateOf = (code: string, credentialId: string): Promise<Response> =>
    call("POST", "/enrol/state", { body: { code, credential_id: credentialId } });
  const stateNow = async (code: string, credentialId: string): Promise<State> => (await stateOf(code, credentialId)).json<State>();

  test("waiting with its digits, confirmed, revoked", async () => {
    const invited = await invite(alex);
    const blair = await enrolInvited(invited);
    const { credentialId } = blair.passkey;
    const [code, whole] = [codeOf(invited), new URL(invited.url).hash.slice(1)];
    const { fingerprint, words } = blair;
    expect(whole).toMatch(/&by=alex&/);
    for (const secret of [code, whole]) expect(await stateNow(secret, credentialId)).toEqual({ state: "waiting", fingerprint, words });
    expect((await confirm(alex, blair)).status).toBe(200);
    expect(await stateNow(code, credentialId)).toEqual({ state: "confirmed" });
    await env.DB.prepare("UPDATE passkey SET revoked_at = '2026-11-20T09:30:00.000Z' WHERE credential_id = ?").bind(credentialId).run();
    expect(await stateNow(code, credentialId)).toEqual({ state: "gone" });
  });

  test("discarded, or never stored", async () => {
    const invited = await invite(alex);
    const blair = await enrolInvited(invited);
    const path = `/api/v1/people/${blair.id}/passkeys/${blair.passkey.credentialId}`;
    expect((await call("DELETE", path, { cookie: alex.cookie })).status).toBe(204);
    expect(await stateNow(codeOf(invited), blair.passkey.credentialId)).toEqual({ state: "gone" });
    expect(await stateNow(codeOf(await invite(alex)), "AAAA")).toEqual({ state: "gone" });
  });

  test("to nobody without the code of an invitation", async () => {
    const blair = await enrolInvited(await invite(alex));
    for (const code of ["x", "A".repeat(43)]) {
      expect(await outcome(await stateOf(code, blair.passkey.credentialId))).toEqual([400, "invite_invalid"]);
    }
  });
});
