/** The pages of people in a real browser: what their scripts check before they sign, what they send, and what they say. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { attestedKey } from "#countersign/webauthn/attested-key.ts";
import { b64u, fromB64u, hex, sha256 } from "#countersign/encoding/bytes.ts";
import { type AdminStatement, ceremonyChallenge } from "#countersign/documents/ceremony.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { keyWords } from "#countersign/encoding/fingerprint-digits.ts";
import type { Authorisation } from "#countersign/documents/record.ts";
import { AccountPage } from "#pages/people/account-page.tsx";
import type { PersonDetail } from "#api/people/person-data.ts";
import { AgentsPage } from "#pages/agents/agents-page.tsx";
import { EnrolPage } from "#pages/people/joining/enrol-page.tsx";
import type { InviteItem, Me, PersonItem, ProposedAgent } from "#api/people-data.ts";
import { PeoplePage } from "#pages/people/people-page.tsx";
import { PeopleRecordPage } from "#pages/people/people-record-page.tsx";
import { PersonPage } from "#pages/people/person-page.tsx";
import { WaitingPage } from "#pages/people/joining/waiting-page.tsx";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { ALEX, PASSKEY_ID } from "#test/support/documents/approval-data.ts";
import { enterChromium, leaveChromium, type VirtualAuthenticator, type VirtualCredential } from "#test/support/browser/chromium.ts";
import {
  credentialIdOf,
  detailOf,
  held,
  invited,
  meAlex,
  ownPasskey,
  peopleListOf,
  newcomer,
  NOW,
  publicKeyOf,
  sessionOf,
  someone,
  waiting,
} from "#test/support/documents/people-items.ts";
import { type Asked, type Answer, openPage, ORIGIN, withPasskey } from "#test/support/browser/served-pages.tsx";

const NONCE = b64u(new Uint8Array(32).fill(3));
const ADMIN = { id: ALEX.id, username: "alex", displayName: "Alex Doe", mayAdminister: true };
const HOURS = { idle: 12, most: 168 };
const HOSTILE = "Kim\u202e <b>admin</b>\u200b";
const KIM = newcomer("kim", {}, "Kim Lindqvist");
const PEOPLE = [
  someone("alex", { display_name: "Alex Doe", roles: ["approver", "admin"], passkeys: [held("alex", { name: "laptop" })] }),
  someone("sam", {
    display_name: "Sam Okafor",
    groups: ["payments"],
    passkeys: [held("sam"), held("sam-2", { name: HOSTILE, revoked_at: NOW })],
  }),
];
const CREDENTIALS = { credentials: [{ id: PASSKEY_ID, transports: ["internal"] }], rp_id: "localhost" };

let browser: Browser;
let page: Page;
let authenticator: VirtualAuthenticator;
/** What it holds at first. */
let ownPasskeys: VirtualCredential[] = [];
interface Sent {
  path: string;
  method: string;
  body: Record<string, unknown> | null;
}
/** Everything that was sent. */
let sent: Sent[] = [];
const paths = () => sent.map(({ method, path }) => `${method} ${path}`);

beforeAll(async () => {
  browser = await enterChromium();
  page = await (await browser.newContext({ permissions: ["clipboard-write", "clipboard-read"] })).newPage();
  authenticator = await withPasskey(page);
  ownPasskeys = await authenticator.credentials();
});
beforeEach(() => {
  sent = [];
});
afterAll(leaveChromium);

const button = (name: string) => page.getByRole("button", { name, exact: true });
const textbox = (name: string) => page.getByRole("textbox", { name, exact: true });
const checkbox = (name: string) => page.getByRole("checkbox", { name, exact: true });
const alert = () => page.getByRole("alert");
const done = (text: string) => page.getByRole("status").getByText(text).waitFor();

type Answers = Record<string, { status?: number; json: unknown } | ((sent: Sent) => { status?: number; json: unknown })>;

/** Notes what is sent, and answers `METHOD path` with what stands in `answers`. */
const answering =
  (answers: Answers): Answer =>
  (path: string, request: Asked) => {
    const one = { path, method: request.method(), body: request.postDataJSON() as Record<string, unknown> | null };
    sent.push(one);
    const answer = answers[`${one.method} ${path}`];
    return typeof answer === "function" ? answer(one) : answer;
  };

const refusal = (status: number, code: string, detail: string) => ({
  status,
  json: { type: "about:blank", title: "No", status, code, detail },
});

const peoplePage = (people: readonly PersonItem[], invites: readonly InviteItem[] = []) => (
  <PeoplePage person={ADMIN} list={peopleListOf(people)} filter={{}} invites={invites} now={NOW} />
);
const LISTED = { person: ADMIN, invites: [], now: NOW };
const AUDITOR = { ...ADMIN, mayAdminister: false, mayOversee: true };
const personPage = (detail: PersonDetail) => <PersonPage person={ADMIN} detail={detail} now={NOW} />;
const SAM_ID = "usr_sam";
/** Sam, with something of everything, some of it hostile. */
const FULL = detailOf(someone("sam", { display_name: HOSTILE, passkeys: [held("sam", { name: HOSTILE })] }), {
  sessions: [sessionOf("sam")],
  out_of_office: [{ id: "dlg_1", from: NOW, until: "2026-11-27T09:30:00.000Z", to: { id: "usr_alex", username: "alex" } }],
  contacts: [
    { kind: "email", confirmed_at: NOW, failing_since: NOW },
    { kind: "slack", confirmed_at: null, failing_since: null },
  ],
  decided: [{ id: "apr_1", action: HOSTILE, agent: HOSTILE, verdict: "denied", ended_at: NOW }],
  invites: [invited({ person: { id: SAM_ID, username: "sam" } })],
});
/** What the service lists after something was done. */
const listing = (people: readonly PersonItem[], invites: readonly InviteItem[] = []): Answers => ({
  "GET /api/v1/people?role=any": { json: peopleListOf(people) },
  "GET /api/v1/invites": { json: { items: invites } },
});

/** Another person each: an authenticator keeps one passkey of each, and the admin’s own is in use. */
const creationOptions = (username: string) => ({
  challenge: NONCE,
  rp: { id: "localhost", name: "Countersign" },
  user: { id: b64u(new TextEncoder().encode(`usr_${username}`)), name: username, displayName: username },
  pubKeyCredParams: [{ type: "public-key", alg: -7 }],
  authenticatorSelection: { residentKey: "required", userVerification: "required" },
});

/** What the service stores of the passkey in a request: its fingerprint. */
function storedFingerprint({ body }: Sent): string {
  const made = body?.["response"] as { response: { authenticatorData: string } } | undefined;
  const key = attestedKey(fromB64u(made?.response.authenticatorData ?? "") ?? new Uint8Array());
  return hex(sha256(key ?? new Uint8Array()));
}
/** The one signature in a request. */
function authorisationIn(one: Sent | undefined): Authorisation {
  const [only] = (one?.body?.["authorisation"] ?? []) as Authorisation[];
  if (only === undefined) throw new Error("nothing signed was sent");
  return only;
}
const face = (fingerprint: string) => ({ fingerprint, words: keyWords(fingerprint) });

describe("joining", () => {
  let made = "";
  const enrol = (stored: (one: Sent) => string): Answers => ({
    "POST /enrol/options": { json: { options: creationOptions("kim"), nonce: NONCE, person: "usr_kim" } },
    "POST /enrol/finish": (one) => {
      made = storedFingerprint(one);
      return { json: { ...face(stored(one)), next: "/enrol/waiting" } };
    },
  });
  const join = async (answers: Answers): Promise<void> => {
    await openPage(page, "/enrol#secret-code", <EnrolPage />, answering(answers));
    expect(page.url()).toBe(`${ORIGIN}/enrol`);
    await textbox("Username").fill("kim");
    await textbox("Display name").fill(" Kim Lindqvist ");
    await button("Create passkey").click();
  };

  test("the waiting page shows the digits of the key that this device made, and no link can change them", async () => {
    await join(enrol(storedFingerprint));
    await page.waitForURL(`${ORIGIN}/enrol/waiting`);
    expect(paths()).toEqual(["POST /enrol/options", "POST /enrol/finish"]);
    expect(sent[0]?.body).toEqual({ code: "secret-code", username: "kim", display_name: "Kim Lindqvist" });
    expect(sent[1]?.body).toMatchObject({ code: "secret-code", username: "kim", nonce: NONCE, person: "usr_kim" });

    await openPage(page, `/enrol/waiting#${"0".repeat(64)}`, <WaitingPage />);
    await page.getByText(keyWords(made), { exact: true }).waitFor();
    expect((await page.locator("code.hash").textContent())?.replaceAll(" ", "")).toBe(made);
    expect(await page.locator("main").innerText()).toContain("passkey of kim");
    expect(await violationsOn(page)).toEqual([]);
  });

  test("a service that stored another key is not believed", async () => {
    await join(enrol(() => "ab".repeat(32)));
    await alert().getByText("The service stored another passkey than this device made.").waitFor();
    expect(page.url()).toBe(`${ORIGIN}/enrol`);
  });

  test("a code that is not good is said in plain words, and no passkey is made", async () => {
    await join({ "POST /enrol/options": refusal(400, "invite_invalid", "This invitation is not valid. Ask for a new one.") });
    await alert().getByText("This invitation is not valid. Ask for a new one.").waitFor();
    expect(paths()).toEqual(["POST /enrol/options"]);
  });

  test("without a code says that the link is incomplete", async () => {
    await openPage(page, "/enrol", <EnrolPage />);
    expect(await alert().textContent()).toContain("This link is incomplete.");
  });

  test("in another browser the waiting page shows no digits", async () => {
    const context = await browser.newContext();
    const stranger = await context.newPage();
    await openPage(stranger, "/enrol/waiting", <WaitingPage />);
    expect(await stranger.locator(".words").count()).toBe(0);
    expect(await stranger.locator("main").innerText()).toContain("on this device only");
    await context.close();
  });
});

describe("confirming a passkey", () => {
  const statement = (over: Partial<AdminStatement> = {}, parameters: JsonObject = {}): AdminStatement => ({
    type: "countersign/admin@v1",
    origin: ORIGIN,
    operation: "passkey.enrolled",
    parameters: {
      person: { id: "usr_kim", username: "kim" },
      roles: ["approver"],
      groups: ["release-managers"],
      credential: { id: credentialIdOf("kim"), public_key: publicKeyOf("kim"), alg: -7, backup_eligible: true },
      display_name: "Kim Lindqvist",
      ...parameters,
    },
    admin: ALEX.id,
    nonce: NONCE,
    ...over,
  });
  const PATH = `/api/v1/people/usr_kim/passkeys/${credentialIdOf("kim")}`;
  const answers = (drafted: AdminStatement, confirmed: { status?: number; json: unknown } = { json: { confirmed: true } }): Answers => ({
    "POST /admin/people/statement": { json: { statement: drafted, ...CREDENTIALS } },
    [`POST ${PATH}/confirm`]: confirmed,
  });
  const open = (all: Answers) => openPage(page, "/admin/people", peoplePage([...PEOPLE, KIM]), answering(all));

  test("signs what the page shows, and shows that it is done", async () => {
    await open({ ...answers(statement()), ...listing([...PEOPLE, someone("kim")]) });
    const card = page.getByRole("listitem").filter({ has: button("Confirm passkey of kim") });
    expect(await card.innerText()).toContain(KIM.waiting[0]?.words);
    expect(await card.innerText()).toMatch(
      /Kim Lindqvist \(kim\)[^]*becomes approver, in the group release-managers[^]*phone or in person/,
    );
    expect((await card.locator("code.hash").textContent())?.replaceAll(" ", "")).toBe(KIM.waiting[0]?.fingerprint);
    await button("Confirm passkey of kim").click();
    await done("Passkey of kim confirmed.");
    expect(paths().slice(0, 2)).toEqual(["POST /admin/people/statement", `POST ${PATH}/confirm`]);
    expect(sent[0]?.body).toEqual({ operation: "passkey.enrolled", credential_id: credentialIdOf("kim") });
    const authorisation = authorisationIn(sent[1]);
    expect(authorisation.statement).toEqual(statement());
    const clientData = Buffer.from(authorisation.assertion.client_data_json, "base64url").toString();
    expect(JSON.parse(clientData)).toMatchObject({ challenge: b64u(ceremonyChallenge(statement())), origin: ORIGIN });
    expect(await button("Confirm passkey of kim").count()).toBe(0);
    expect(await violationsOn(page)).toEqual([]);
  });

  const credential = { id: credentialIdOf("kim"), public_key: publicKeyOf("kim"), alg: -7, backup_eligible: true };
  test.each<[string, AdminStatement]>([
    ["another operation", statement({ operation: "role.changed" })],
    ["another person", statement({}, { person: { id: "usr_mallory", username: "kim" } })],
    ["another name", statement({}, { person: { id: "usr_kim", username: "mallory" } })],
    ["another display name", statement({}, { display_name: "Kim Lindquist" })],
    ["no display name", statement({}, { display_name: null })],
    ["another role", statement({}, { roles: ["admin"] })],
    ["one more role", statement({}, { roles: ["approver", "admin"] })],
    ["a role twice", statement({}, { roles: ["approver", "approver"] })],
    ["another group", statement({}, { groups: ["payments"] })],
    ["no group", statement({}, { groups: [] })],
    ["another credential", statement({}, { credential: { ...credential, id: credentialIdOf("mallory") } })],
    ["another key", statement({}, { credential: { ...credential, public_key: publicKeyOf("mallory") } })],
    ["a key that is synchronised or not", statement({}, { credential: { ...credential, backup_eligible: false } })],
    ["another origin", statement({ origin: "https://evil.example" })],
    ["another admin", statement({ admin: "usr_mallory" })],
    ["more than a confirmation", statement({}, { forever: true })],
  ])("signs nothing for a statement with %s", async (_, drafted) => {
    await open(answers(drafted));
    await button("Confirm passkey of kim").click();
    await alert().getByText("Nothing was signed: the service asked for a signature under something else").waitFor();
    expect(paths()).toEqual(["POST /admin/people/statement"]);
  });

  test.each<[string, () => void]>([
    ["digits", () => document.querySelector(".words")?.replaceChildren("0000 0000 0000 0000 0000 0000")],
    ["fingerprint", () => document.querySelector(".comparison .hash")?.replaceChildren("0000")],
    ["role", () => document.querySelector("#waiting .standing b")?.replaceChildren("auditor")],
    ["name", () => document.querySelector("#waiting h3 .text")?.replaceChildren("Somebody else")],
  ])("asks for nothing where the shown %s were changed", async (_, change) => {
    await open(answers(statement()));
    await page.evaluate(change);
    await button("Confirm passkey of kim").click();
    await alert().getByText("Nothing was signed: something changed what this page showed").waitFor();
    expect(sent).toEqual([]);
    expect(await page.locator(".words").first().textContent()).toBe(KIM.waiting[0]?.words);
  });

  test("where one admin is not enough says how many have signed, and that another has to", async () => {
    const halfway = newcomer("kim", { signatures: 1, required: 2, signed_by: [ALEX.id] });
    await open({ ...answers(statement(), { status: 202, json: { signatures: 1, required: 2 } }), ...listing([...PEOPLE, halfway]) });
    await button("Confirm passkey of kim").click();
    await done("1 of 2 admins have signed. Another admin has to sign the same before it takes effect.");
    await page.getByText("1 of 2 admins have signed: you.", { exact: true }).waitFor();
    await page.getByText("Signed by you. Waiting for a second admin’s signature.", { exact: true }).waitFor();
    expect(await button("Confirm passkey of kim").count()).toBe(0);
    expect(await violationsOn(page)).toEqual([]);
  });

  test("takes one's own signature back, having asked", async () => {
    const operation = "3".repeat(64);
    const halfway = newcomer("kim", { signatures: 1, required: 2, signed_by: [ALEX.id], operation }, "Kim Lindqvist");
    const all = { [`DELETE /api/v1/signatures/${operation}`]: { status: 204, json: null }, ...listing([...PEOPLE, KIM]) };
    await openPage(page, "/admin/people", peoplePage([...PEOPLE, halfway]), answering(all));
    await button("Take back your signature").click();
    await page.getByRole("heading", { name: "Take back your signature" }).waitFor();
    expect(sent).toEqual([]);
    await button("Take back signature").click();
    await done("Your signature is taken back.");
    expect(paths()[0]).toBe(`DELETE /api/v1/signatures/${operation}`);
    expect(await button("Confirm passkey of kim").count()).toBe(1);
    expect(await violationsOn(page)).toEqual([]);
  });

  test("says who else has the same key, where it waits and where it stands", async () => {
    const kim = newcomer("kim", { shared_with: ["sam"] }, "Kim Lindqvist");
    const sam = { ...someone("sam"), passkeys: [held("sam", { shared_with: ["kim"] })] };
    await openPage(page, "/admin/people", peoplePage([someone("alex"), sam, kim]), answering({}));
    const text = (name: string) =>
      `The same key is also a passkey of ${name}. Whoever holds it can sign for both, so together they count once: revoke one of them.`;
    await page.getByText(text("sam"), { exact: true }).waitFor();
    await page.getByText(text("kim"), { exact: true }).waitFor();
    expect(await violationsOn(page)).toEqual([]);
  });

  test("the second admin sees who signed first, and signs", async () => {
    const halfway = newcomer("kim", { signatures: 1, required: 2, signed_by: ["usr_sam"] }, "Kim Lindqvist");
    const all = { ...answers(statement()), ...listing([...PEOPLE, someone("kim")]) };
    await openPage(page, "/admin/people", peoplePage([...PEOPLE, halfway]), answering(all));
    await page.getByText("1 of 2 admins have signed: sam.", { exact: true }).waitFor();
    await button("Confirm passkey of kim").click();
    await done("Passkey of kim confirmed.");
    expect(authorisationIn(sent[1]).statement).toEqual(statement());
  });

  test("a refusal is said beside the button, which can be pressed again", async () => {
    await open(answers(statement(), refusal(403, "decision_not_accepted", "This signature was not accepted.")));
    await button("Confirm passkey of kim").click();
    await alert().getByText("This signature was not accepted.").waitFor();
    expect(await button("Confirm passkey of kim").isEnabled()).toBe(true);
    expect(await violationsOn(page)).toEqual([]);
  });

  test("discarding asks first", async () => {
    await open({ [`DELETE ${PATH}`]: { status: 204, json: null }, ...listing(PEOPLE) });
    await button("Discard").click();
    await page.getByRole("heading", { name: "Discard the waiting passkey of kim" }).waitFor();
    expect(sent).toEqual([]);
    await button("Discard passkey").click();
    await done("The waiting passkey of kim is discarded.");
    expect(paths()[0]).toBe(`DELETE ${PATH}`);
  });
});

describe("roles", () => {
  const statement = (roles: string[], groups: string[]): AdminStatement => ({
    type: "countersign/admin@v1",
    origin: ORIGIN,
    operation: "role.changed",
    parameters: { person: { id: "usr_sam", username: "sam" }, roles, groups },
    admin: ALEX.id,
    nonce: NONCE,
  });
  const open = async (
    drafted: AdminStatement,
    answer: { status?: number; json: unknown } = { json: {} },
    after = PEOPLE,
  ): Promise<void> => {
    const answers = {
      "POST /admin/people/statement": { json: { statement: drafted, ...CREDENTIALS } },
      "PUT /api/v1/people/usr_sam/roles": answer,
    };
    await openPage(page, "/admin/people", peoplePage(PEOPLE), answering({ ...answers, ...listing(after) }));
    await page.getByRole("listitem").filter({ hasText: "Sam Okafor" }).getByRole("button", { name: "Change roles" }).click();
    await page.getByRole("heading", { name: "Roles of sam" }).waitFor();
  };
  const dialog = () => page.getByRole("dialog");

  test("the dialog shows what is, and signs what was chosen", async () => {
    await open(statement(["admin", "approver"], ["payments", "release-managers"]));
    expect(await dialog().getByRole("checkbox", { name: "Approver" }).isChecked()).toBe(true);
    expect(await dialog().getByRole("checkbox", { name: "Admin" }).isChecked()).toBe(false);
    expect(await dialog().getByRole("textbox", { name: "Groups" }).inputValue()).toBe("payments");
    expect(await violationsOn(page)).toEqual([]);
    await dialog().getByRole("checkbox", { name: "Admin" }).check();
    await dialog().getByRole("textbox", { name: "Groups" }).fill(" payments ,release-managers, payments,");
    await button("Sign change").click();
    await done("sam has the new roles.");
    const chosen = { roles: ["approver", "admin"], groups: ["payments", "release-managers"] };
    expect(sent[0]?.body).toEqual({ operation: "role.changed", person: "usr_sam", ...chosen });
    expect(sent[1]?.body).toMatchObject(chosen);
    expect(authorisationIn(sent[1]).statement).toEqual(statement(["admin", "approver"], ["payments", "release-managers"]));
  });

  test("nothing is signed for other roles than chosen, or for nothing new", async () => {
    await open(statement(["admin"], ["payments"]));
    await dialog().getByRole("checkbox", { name: "Auditor" }).check();
    await button("Sign change").click();
    await dialog().getByText("Nothing was signed:").waitFor();
    expect(paths()).toEqual(["POST /admin/people/statement"]);
    await dialog().getByRole("checkbox", { name: "Auditor" }).uncheck();
    await button("Sign change").click();
    await dialog().waitFor({ state: "hidden" });
    expect(sent).toHaveLength(1);
  });

  test("taking the last admin away is refused in plain words", async () => {
    await open(
      statement(["auditor"], ["payments"]),
      refusal(409, "last_admin", "Too few admins would be left. Make somebody else an admin first."),
    );
    await dialog().getByRole("checkbox", { name: "Approver" }).uncheck();
    await dialog().getByRole("checkbox", { name: "Auditor" }).check();
    await button("Sign change").click();
    await dialog().getByText("Too few admins would be left. Make somebody else an admin first.").waitFor();
    expect(paths()).toEqual(["POST /admin/people/statement", "PUT /api/v1/people/usr_sam/roles"]);
    await button("Keep").click();
    await dialog().waitFor({ state: "hidden" });
  });

  test("where two admins must sign, the second signs the very same", async () => {
    const proposed = {
      roles: ["admin" as const],
      groups: [],
      signatures: 1,
      required: 2,
      signed_by: ["usr_li"],
      operation: "1".repeat(64),
      expires_at: NOW,
    };
    const halfway = [PEOPLE[0] as PersonItem, { ...(PEOPLE[1] as PersonItem), proposed_roles: [proposed] }, someone("li")];
    const answers = {
      "POST /admin/people/statement": { json: { statement: statement(["admin"], []), ...CREDENTIALS } },
      "PUT /api/v1/people/usr_sam/roles": { json: {} },
      ...listing(PEOPLE),
    };
    await openPage(page, "/admin/people", peoplePage(halfway), answering(answers));
    await page.getByText("1 of 2 admins have signed: li.", { exact: true }).waitFor();
    expect(
      await page
        .getByRole("listitem")
        .filter({ has: button("Sign roles of sam") })
        .innerText(),
    ).toMatch(/Is approver, in the group payments\.[^]*Becomes admin\./);
    await button("Sign roles of sam").click();
    await done("sam has the new roles.");
    expect(sent[0]?.body).toEqual({ operation: "role.changed", person: "usr_sam", roles: ["admin"], groups: [] });
    expect(sent[1]?.body).toEqual({ roles: ["admin"], groups: [], authorisation: [authorisationIn(sent[1])] });
  });
});

describe("inviting", () => {
  const URL_OF_INVITE = `${ORIGIN}/enrol#the-code`;
  const MADE = { status: 201, json: { id: "inv_9", url: URL_OF_INVITE, expires_at: "2026-11-21T09:30:00.000Z" } };

  test("sends what was entered, shows the link once, and copies it", async () => {
    const answers = { "POST /api/v1/invites": MADE, ...listing(PEOPLE, [invited({ username: "robin" })]) };
    await openPage(page, "/admin/people", peoplePage(PEOPLE), answering(answers));
    await textbox("Username").fill("robin");
    await checkbox("Approver").check();
    await textbox("Groups").fill("payments, release-managers");
    await button("Invite").click();
    await page.getByRole("heading", { name: "Invite for robin" }).waitFor();
    expect(sent[0]?.body).toEqual({ username: "robin", roles: ["approver"], groups: ["payments", "release-managers"] });
    expect(await page.locator("#invite-link").textContent()).toBe(URL_OF_INVITE);
    expect(await page.locator("#invited").innerText()).toMatch(/works once, until 21 Nov 2026, 09:30 UTC[^]*username robin/);
    await button("Copy link").click();
    await page.getByText("Copied.", { exact: true }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(URL_OF_INVITE);
    await page.getByRole("heading", { name: "Open invites" }).waitFor();
    expect(await violationsOn(page)).toEqual([]);
  });

  test("needs a role, and says beside the field what is wrong", async () => {
    const invalid = {
      status: 400,
      json: {
        code: "invalid_request",
        detail: "No.",
        errors: [
          { field: "username", message: "somebody has this name already" },
          { field: "groups.0", message: "too long" },
        ],
      },
    };
    await openPage(page, "/admin/people", peoplePage(PEOPLE), answering({ "POST /api/v1/invites": invalid }));
    await button("Invite").click();
    await page.getByText("Choose at least one role.", { exact: true }).waitFor();
    expect(sent).toEqual([]);
    await checkbox("Auditor").check();
    await button("Invite").click();
    await page.getByText("somebody has this name already", { exact: true }).waitFor();
    await page.getByText("too long", { exact: true }).waitFor();
    expect(await textbox("Username").getAttribute("aria-invalid")).toBe("true");
    expect(await violationsOn(page)).toEqual([]);
  });

  test("recovery: an invite for somebody known names them and nothing else", async () => {
    await openPage(page, "/admin/people", peoplePage(PEOPLE), answering({ "POST /api/v1/invites": MADE, ...listing(PEOPLE) }));
    await button("New passkey for sam").click();
    await page.getByRole("heading", { name: "New passkey for sam" }).waitFor();
    expect(sent[0]?.body).toEqual({ person: "usr_sam" });
  });

  test("an invite can be withdrawn; used and late ones are not listed", async () => {
    const invites = [invited(), invited({ id: "inv_2", used_at: NOW }), invited({ id: "inv_3", expires_at: "2026-11-20T09:29:59.999Z" })];
    await openPage(
      page,
      "/admin/people",
      peoplePage(PEOPLE, invites),
      answering({ "DELETE /api/v1/invites/inv_1": { status: 204, json: null }, ...listing(PEOPLE) }),
    );
    await button("Withdraw").click();
    await button("Withdraw invite").click();
    await done("The invite is withdrawn.");
    expect(paths()[0]).toBe("DELETE /api/v1/invites/inv_1");
    expect(await page.getByRole("heading", { name: "Open invites" }).count()).toBe(0);
  });
});

test("revoking a passkey asks first, and says why the last admin’s cannot go", async () => {
  const path = `/api/v1/people/usr_alex/passkeys/${credentialIdOf("alex")}`;
  const answers = { [`DELETE ${path}`]: refusal(409, "last_admin", "Too few admins would be left. Make somebody else an admin first.") };
  await openPage(page, "/admin/people", peoplePage(PEOPLE), answering(answers));
  await button("Revoke").first().click();
  await page.getByRole("heading", { name: "Revoke a passkey of alex" }).waitFor();
  expect(sent).toEqual([]);
  await button("Revoke passkey").click();
  await page.getByText("Too few admins would be left. Make somebody else an admin first.").waitFor();
  expect(await violationsOn(page)).toEqual([]);
});

test("hostile names and groups are text, with what hides in them visible", async () => {
  const evil = newcomer("evil", { groups: [HOSTILE], invited_by: null }, HOSTILE);
  await openPage(page, "/admin/people", peoplePage([...PEOPLE, evil], [invited({ username: null, display_name: HOSTILE })]));
  expect(await page.locator("main b b, main h3 b").count()).toBe(0);
  expect(await page.getByText("U+202E").count()).toBeGreaterThanOrEqual(4);
  expect(await page.getByText("U+200B").count()).toBeGreaterThanOrEqual(4);
  await button("Confirm passkey of evil").waitFor();
});

describe("one person’s page", () => {
  const path = `/api/v1/people/${SAM_ID}`;

  test("signs out everywhere after asking, and shows what is left", async () => {
    const answers = {
      [`DELETE ${path}/sessions`]: { status: 204, json: null },
      [`GET ${path}`]: { json: { ...FULL, sessions: [] } },
    };
    await openPage(page, `/admin/people/${SAM_ID}`, personPage(FULL), answering(answers));
    await button("Sign out everywhere").click();
    expect(sent).toEqual([]);
    await button("End all sessions").click();
    await done("sam is signed out everywhere.");
    expect(paths()).toEqual([`DELETE ${path}/sessions`, `GET ${path}`]);
    expect(await page.locator("#sessions").innerText()).toBe("Nowhere.");
  });

  test("ends a time out of office; one that is over is told", async () => {
    const answers: Answers = {
      [`DELETE ${path}/delegations/dlg_1`]: refusal(404, "not_found", "They have no such time out of office; perhaps it is over."),
      [`GET ${path}`]: { json: { ...FULL, out_of_office: [] } },
    };
    await openPage(page, `/admin/people/${SAM_ID}`, personPage(FULL), answering(answers));
    expect(await page.locator("#away").innerText()).toContain(
      "From 20 Nov 2026, 09:30 UTC until 27 Nov 2026, 09:30 UTC alex is told in their place",
    );
    await button("End").click();
    await button("End it").click();
    await page.getByRole("dialog").getByText("perhaps it is over").waitFor();
    answers[`DELETE ${path}/delegations/dlg_1`] = { status: 204, json: null };
    await button("End it").click();
    await done("It is ended: they are told themselves again.");
    expect(await page.locator("#away").innerText()).toBe("They are told themselves.");
  });

  test("signs what it shows, and nothing that was changed on it", async () => {
    const kim = detailOf(KIM);
    await openPage(page, "/admin/people/usr_kim", personPage(kim), answering({}));
    await page.locator("#waiting .words").evaluate((digits) => (digits.textContent = "0000 0000 0000 0000 0000 0000"));
    await button("Confirm passkey of kim").click();
    await page.getByText("Nothing was signed: something changed what this page showed").waitFor();
    expect(sent).toEqual([]);
  });

  test("leads out once its reader is signed out", async () => {
    const answers = {
      [`DELETE ${path}/sessions`]: { status: 204, json: null },
      [`GET ${path}`]: refusal(401, "unauthorized", "Sign in with a passkey first."),
    };
    await openPage(page, `/admin/people/${SAM_ID}`, personPage(FULL), answering(answers));
    await button("Sign out everywhere").click();
    await button("End all sessions").click();
    await page.waitForURL(`${ORIGIN}/`);
    expect(paths().slice(0, 2)).toEqual([`DELETE ${path}/sessions`, `GET ${path}`]);
  });
});

describe("one’s own account", () => {
  const accountPage = (me: Me) => <AccountPage person={ADMIN} me={me} hours={HOURS} />;

  test("a passkey is added, and its digits are shown until an admin confirms it", async () => {
    let fingerprint = "";
    const answers: Answers = {
      "POST /account/passkeys/options": { json: { options: creationOptions("alex-new"), nonce: NONCE } },
      "POST /account/passkeys/finish": (one) => {
        fingerprint = storedFingerprint(one);
        return { json: face(fingerprint) };
      },
      "GET /api/v1/me": () => {
        const {
          roles: _,
          groups: __,
          invited_by: ___,
          signatures: ____,
          required: _____,
          signed_by: ______,
          operation: _______,
          shared_with: ________,
          ...own
        } = waiting("alex-3", { name: "phone" });
        return { json: meAlex({ waiting: [{ ...own, ...face(fingerprint) }] }) };
      },
    };
    await openPage(page, "/account", accountPage(meAlex()), answering(answers));
    expect(await page.locator("main").innerText()).toMatch(
      /Alex Doe[^]*approver, admin[^]*release-managers[^]*laptop[^]*you are signed in with it/,
    );
    await textbox("Name of the new passkey").fill("phone");
    await button("Add passkey").click();
    await done("Passkey added. It waits for an admin: read its digits to one.");
    expect(sent[1]?.body).toMatchObject({ nonce: NONCE, name: "phone" });
    expect(await page.getByText(keyWords(fingerprint), { exact: true }).count()).toBe(1);
    expect(await violationsOn(page)).toEqual([]);
  });

  test("a service that stored another key is not believed", async () => {
    const answers = {
      "POST /account/passkeys/options": { json: { options: creationOptions("alex-new"), nonce: NONCE } },
      "POST /account/passkeys/finish": { json: face("cd".repeat(32)) },
    };
    await openPage(page, "/account", accountPage(meAlex()), answering(answers));
    await button("Add passkey").click();
    await alert().getByText("The service stored another passkey than this device made.").waitFor();
    expect(paths()).toHaveLength(2);
  });

  test("a passkey is named", async () => {
    const path = `PUT /account/passkeys/${credentialIdOf("alex-2")}`;
    await openPage(
      page,
      "/account",
      accountPage(meAlex()),
      answering({ [path]: { status: 204, json: null }, "GET /api/v1/me": { json: meAlex() } }),
    );
    await button("Rename").nth(1).click();
    expect(await textbox("Name").inputValue()).toBe("security key");
    await textbox("Name").fill(" in the safe ");
    await button("Save name").click();
    await done("Name saved.");
    expect(sent[0]).toMatchObject({ path: path.slice(4), body: { name: "in the safe" } });
  });

  test("revoking the passkey of this session leads out", async () => {
    const answers = {
      [`DELETE /api/v1/people/usr_alex/passkeys/${credentialIdOf("alex")}`]: { status: 204, json: null },
      "GET /api/v1/me": refusal(401, "unauthorized", "Sign in with a passkey first."),
    };
    await openPage(page, "/account", accountPage(meAlex()), answering(answers));
    await button("Revoke").first().click();
    await button("Keep").click();
    expect(sent).toEqual([]);
    await button("Revoke").first().click();
    await button("Revoke passkey").click();
    await page.waitForURL(`${ORIGIN}/`);
  });

  test("revoking one’s only passkey says what that means", async () => {
    const only = meAlex({ passkeys: [ownPasskey("alex", { current: true })] });
    await openPage(page, "/account", accountPage(only), answering({}));
    await button("Revoke").click();
    expect(await page.getByRole("dialog").innerText()).toContain("It is your only one");
  });

  test("a passkey whose counter went back says so, and since when", async () => {
    const doubted = held("alex", { name: "laptop", counter_back_at: NOW });
    await openPage(
      page,
      "/account",
      accountPage(meAlex({ passkeys: [ownPasskey("alex", { name: "laptop", counter_back_at: NOW, current: true })] })),
      answering({}),
    );
    await page.getByText("On 20 Nov 2026 its counter went back: it may have been copied.").waitFor();
    await openPage(
      page,
      "/admin/people",
      peoplePage([someone("alex", { passkeys: [doubted, held("old", { ...doubted, revoked_at: NOW })] })]),
    );
    expect(await page.getByText("its counter went back: it may have been copied.").count()).toBe(1);
  });

  const [here, there] = [sessionOf("alex", { current: true }), sessionOf("alex-2")];

  test("a session somewhere else is ended", async () => {
    const path = `/api/v1/me/sessions/${there.id}`;
    const answers = { [`DELETE ${path}`]: { status: 204, json: null }, "GET /api/v1/me": { json: meAlex({ sessions: [here] }) } };
    await openPage(page, "/account", accountPage(meAlex()), answering(answers));
    const shown = await page.locator("#sessions").innerText();
    expect(shown).toMatch(
      /Signed in 20 Nov 2026, 09:30 UTC – this one\s+with laptop, last used 20 Nov 2026, 09:30 UTC, ends by 27 Nov 2026/,
    );
    expect(shown).toContain("with security key");
    await button("End").nth(1).click();
    expect(sent).toEqual([]);
    await button("End session").click();
    await done("Session ended.");
    expect(paths()).toEqual([`DELETE ${path}`, "GET /api/v1/me"]);
    expect(await button("End").count()).toBe(1);
    expect(await button("Sign out everywhere else").count()).toBe(0);
    expect(await violationsOn(page)).toEqual([]);
  });

  test("all others are ended", async () => {
    const answers = { "DELETE /api/v1/me/sessions": { status: 204, json: null }, "GET /api/v1/me": { json: meAlex({ sessions: [here] }) } };
    await openPage(page, "/account", accountPage(meAlex()), answering(answers));
    await button("Sign out everywhere else").click();
    await button("Sign out elsewhere").click();
    await done("Signed out everywhere else.");
    expect(paths()).toEqual(["DELETE /api/v1/me/sessions", "GET /api/v1/me"]);
  });

  test("all of them end after asking, and that leads out", async () => {
    await openPage(
      page,
      "/account",
      accountPage(meAlex({ sessions: [here] })),
      answering({ "DELETE /api/v1/sessions?all=true": { status: 204, json: null } }),
    );
    await button("Sign out everywhere").click();
    expect(sent).toEqual([]);
    await button("End all sessions").click();
    await page.waitForURL(`${ORIGIN}/`);
    expect(paths()).toContain("DELETE /api/v1/sessions?all=true");
  });

  test("ending the session that is in use leads out; one that is gone is told", async () => {
    const answers = {
      [`DELETE /api/v1/me/sessions/${there.id}`]: refusal(404, "not_found", "You have no such session."),
      [`DELETE /api/v1/me/sessions/${here.id}`]: { status: 204, json: null },
      "GET /api/v1/me": refusal(401, "unauthorized", "Sign in with a passkey first."),
    };
    await openPage(page, "/account", accountPage(meAlex()), answering(answers));
    await button("End").nth(1).click();
    await button("End session").click();
    await alert().getByText("You have no such session.").waitFor();
    await button("Keep").click();
    await button("End").first().click();
    expect(await page.getByRole("dialog").innerText()).toContain("you are signed out");
    await button("End session").click();
    await page.waitForURL(`${ORIGIN}/`);
  });
});

describe("an agent that two admins have to sign for", () => {
  const KEY = `csk_${"k".repeat(36)}`;
  const BOT: ProposedAgent = {
    id: "agt_bot",
    name: "nightly-bot",
    owner: "usr_sam",
    expires_at: NOW,
    signatures: 1,
    required: 2,
    signed_by: ["usr_sam"],
    operation: "2".repeat(64),
  };
  const agentsPage = (waits: ProposedAgent[]) => (
    <AgentsPage person={ADMIN} agents={[]} waiting={waits} names={new Map([["usr_sam", "sam"]])} origin={ORIGIN} />
  );
  const statement = (agent: Record<string, string> = {}): AdminStatement => ({
    type: "countersign/admin@v1",
    origin: ORIGIN,
    operation: "agent.created",
    parameters: { agent: { id: "agt_bot", name: "nightly-bot", owner: "usr_sam", ...agent } },
    admin: ALEX.id,
    nonce: NONCE,
  });

  // What `/account` told the browser of its passkeys took this one away: no account of these tests has it.
  beforeAll(async () => {
    for (const passkey of ownPasskeys) await authenticator.addCredential(passkey);
  });

  test("after the first signature it waits", async () => {
    const own = { id: "agt_own", owner: ALEX.id };
    const answers = {
      "POST /admin/agents/statement": { json: { statement: statement(own), ...CREDENTIALS } },
      "POST /api/v1/agents": { status: 202, json: { signatures: 1, required: 2 } },
    };
    await openPage(page, "/admin/agents", agentsPage([{ ...BOT, ...own, signed_by: [ALEX.id] }]), answering(answers));
    await page.getByText("Signed by you. Waiting for a second admin’s signature.", { exact: true }).waitFor();
    expect(await violationsOn(page)).toEqual([]);
    await textbox("Name").fill("nightly-bot");
    const reloaded = page.waitForEvent("load");
    await button("Create agent").click();
    await reloaded;
    expect(paths()).toEqual(["POST /admin/agents/statement", "POST /api/v1/agents"]);
    expect(await page.getByText("csk_").count()).toBe(0);
  });

  test("whoever signed takes it back, and nothing waits", async () => {
    const own = { ...BOT, signed_by: [ALEX.id] };
    const answers = { [`DELETE /api/v1/signatures/${BOT.operation}`]: { status: 204, json: null } };
    await openPage(page, "/admin/agents", agentsPage([own]), answering(answers));
    await button("Take back your signature").click();
    await button("Take back signature").click();
    await page.getByText("nightly-bot").waitFor({ state: "detached" });
    expect(await page.getByText("Waiting for a second admin’s signature").isVisible()).toBe(false);
    expect(paths()).toEqual([`DELETE /api/v1/signatures/${BOT.operation}`]);
  });

  test("the second admin signs the very same, and gets the key", async () => {
    const answers = {
      "POST /admin/agents/statement": { json: { statement: statement(), ...CREDENTIALS } },
      "POST /api/v1/agents": { status: 201, json: { id: "agt_bot", name: "nightly-bot", key: KEY } },
    };
    await openPage(page, "/admin/agents", agentsPage([BOT]), answering(answers));
    await page.getByText("1 of 2 admins have signed: sam.", { exact: true }).waitFor();
    await button("Sign for nightly-bot").click();
    await page.getByRole("heading", { name: "Agent nightly-bot is ready" }).waitFor();
    expect(sent[0]?.body).toEqual({ name: "nightly-bot", id: "agt_bot" });
    expect(await page.getByText(KEY, { exact: true }).count()).toBe(1);
    expect(await button("Sign for nightly-bot").count()).toBe(0);
  });

  test.each([{ id: "agt_other" }, { name: "other" }, { owner: "usr_mallory" }])("signs nothing for %j", async (other) => {
    const answers = { "POST /admin/agents/statement": { json: { statement: statement(other), ...CREDENTIALS } } };
    await openPage(page, "/admin/agents", agentsPage([BOT]), answering(answers));
    await button("Sign for nightly-bot").click();
    await alert().getByText("Nothing was signed:").waitFor();
    expect(paths()).toEqual(["POST /admin/agents/statement"]);
  });
});

describe.each([390, 1440])("at %d px", (width) => {
  const evil = newcomer(
    "evil",
    { groups: [HOSTILE, "a".repeat(60)], signatures: 1, required: 2, signed_by: ["usr_sam"] },
    HOSTILE.repeat(3),
  );
  test.each([
    ["joining", <EnrolPage />],
    ["waiting", <WaitingPage />],
    ["people", peoplePage([...PEOPLE, KIM, evil], [invited(), invited({ id: "inv_2", username: null, display_name: HOSTILE })])],
    ["one person", peoplePage([someone("alex")])],
    [
      "people, further",
      <PeoplePage {...LISTED} list={peopleListOf(PEOPLE, { next_cursor: "sam" })} filter={{ q: HOSTILE, role: "admin" }} />,
    ],
    ["nobody", <PeoplePage {...LISTED} list={peopleListOf([])} filter={{ q: "x" }} />],
    ["people, to read", <PeopleRecordPage person={AUDITOR} list={peopleListOf([...PEOPLE, KIM, evil])} filter={{}} now={NOW} />],
    ["a person's page", personPage(FULL)],
    ["a person's page, to read", <PersonPage person={AUDITOR} detail={FULL} now={NOW} />],
    ["the page of somebody new", personPage(detailOf(evil))],
    ["account", <AccountPage person={ADMIN} hours={HOURS} me={meAlex()} />],
    [
      "a doubted passkey",
      <AccountPage
        person={ADMIN}
        hours={HOURS}
        me={meAlex({ passkeys: [{ ...held("alex", { counter_back_at: NOW }), current: true }] })}
      />,
    ],
  ])("%s breaks no rule of WCAG, light or dark, and fits", async (_, shown) => {
    await page.setViewportSize({ width, height: 844 });
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await openPage(page, "/", shown);
      expect(await violationsOn(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      expect(await page.getByRole("heading", { level: 1 }).count()).toBe(1);
    }
  });

  test("the ways through the service stand on as few lines as they need", async () => {
    await page.setViewportSize({ width, height: 844 });
    await openPage(page, "/account", <AccountPage person={ADMIN} hours={HOURS} me={meAlex()} />);
    const tops = await page.locator("nav > a").evaluateAll((ways) => ways.map((way) => Math.round(way.getBoundingClientRect().top)));
    // The account and the button to sign out lie beside them, or above, and over none of them.
    expect(tops).toHaveLength(12);
    expect(new Set(tops.slice(0, -1)).size).toBeLessThanOrEqual(width < 600 ? 2 : 1);
    const out = await page.locator("#sign-out").boundingBox();
    const middle = (box: typeof out) => Math.round(((box?.y ?? 0) + (box?.height ?? 0) / 2) / 4);
    expect(middle(await page.getByRole("link", { name: "Account", exact: true }).boundingBox())).toBe(middle(out));
    for (const way of await page.locator("nav > a").all()) {
      const box = await way.boundingBox();
      if (box === null || out === null) throw new Error("there is no such way");
      const isApart = box.x + box.width <= out.x || out.y + out.height <= box.y || box.y + box.height <= out.y;
      expect(isApart).toBe(true);
    }
  });
});
