/** Where the answer to a change is lost on the way: the page claims nothing until it has read again what the service has, and then says that. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { b64u } from "#countersign/encoding/bytes.ts";
import type { AdminStatement } from "#countersign/documents/ceremony.ts";
import type { Me, PersonItem } from "#api/people-data.ts";
import { AgentsPage } from "#pages/agents/agents-page.tsx";
import { AccountPage } from "#pages/people/account-page.tsx";
import { PeoplePage } from "#pages/people/people-page.tsx";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { openPage, ORIGIN, type PageDocument, withPasskey } from "#test/support/browser/served-pages.tsx";
import { ALEX, PASSKEY_ID } from "#test/support/documents/approval-data.ts";
import {
  NOW,
  credentialIdOf,
  detailOf,
  held,
  invited,
  meAlex,
  newcomer,
  ownPasskey,
  peopleListOf,
  publicKeyOf,
  someone,
} from "#test/support/documents/people-items.ts";

const NONCE = b64u(new Uint8Array(32).fill(3));
const ADMIN = { id: ALEX.id, username: "alex", displayName: "Alex Doe", mayAdminister: true };
const CREDENTIALS = { credentials: [{ id: PASSKEY_ID, transports: ["internal"] }], rp_id: "localhost" };
const NOT_DONE = "the service shows that this was not done. You can try again.";
const NOT_READ = "It is not known whether this was done: the service cannot be read now.";

let browser: Browser;
let page: Page;
beforeAll(async () => {
  browser = await enterChromium();
  page = await browser.newPage();
  await withPasskey(page);
});
afterAll(leaveChromium);

const button = (name: string) => page.getByRole("button", { name, exact: true });
const textbox = (name: string) => page.getByRole("textbox", { name, exact: true });
const alert = () => page.getByRole("alert");
const done = () => page.locator("#done");

/** A proxy's page, which says nothing of what became of the call. */
const LOST = { status: 502, html: "<h1>Bad gateway</h1>" };

/** Opens the page; `reads` says what each read gives after the change was sent, null for a read that is lost as well. */
async function open(
  path: string,
  document: PageDocument,
  reads: Record<string, unknown>,
  drafted: Record<string, unknown> = {},
): Promise<void> {
  await openPage(page, path, document, (to, request) => {
    if (request.method() !== "GET") return to in drafted ? { json: drafted[to] } : LOST;
    const read = reads[to];
    return read === undefined ? undefined : read === null ? LOST : { json: read };
  });
}

/** What the page ends up saying of each way in which the reading can go. */
async function expectToSayWhatIs(
  change: (reads: Record<string, unknown>) => Promise<void>,
  { made, same, unread }: Record<"made" | "same" | "unread", Record<string, unknown>>,
  said: () => Promise<void>,
): Promise<void> {
  await change(made);
  await said();
  await change(same);
  await alert().getByText(NOT_DONE).waitFor();
  await change(unread);
  await alert().getByText(NOT_READ).waitFor();
}

describe("people:", () => {
  const ALL = [
    someone("alex", { display_name: "Alex Doe", roles: ["approver", "admin"], passkeys: [held("alex")] }),
    someone("sam"),
    newcomer("kim"),
  ];
  const people = (items: readonly PersonItem[], invites = [invited()]) => ({
    "/api/v1/people?role=any": peopleListOf(items),
    ...Object.fromEntries(items.map((person) => [`/api/v1/people/${person.id}`, detailOf(person)])),
    "/api/v1/invites": { items: invites },
  });
  const UNREAD = { "/api/v1/people?role=any": null, "/api/v1/invites": null };
  const states = (made: Record<string, unknown>) => ({ made, same: people(ALL), unread: UNREAD });
  const document = <PeoplePage person={ADMIN} list={peopleListOf(ALL)} filter={{}} invites={[invited()]} now={NOW} />;
  const statement = (operation: string, parameters: AdminStatement["parameters"]): AdminStatement => ({
    type: "countersign/admin@v1",
    origin: ORIGIN,
    operation,
    parameters,
    admin: ALEX.id,
    nonce: NONCE,
  });

  test("a passkey is confirmed, or signed for by the first of two", async () => {
    const drafted = statement("passkey.enrolled", {
      person: { id: "usr_kim", username: "kim" },
      roles: ["approver"],
      groups: ["release-managers"],
      credential: { id: credentialIdOf("kim"), public_key: publicKeyOf("kim"), alg: -7, backup_eligible: true },
      display_name: "",
    });
    const confirm = async (reads: Record<string, unknown>): Promise<void> => {
      await open("/admin/people", document, reads, { "/admin/people/statement": { statement: drafted, ...CREDENTIALS } });
      await button("Confirm passkey of kim").click();
    };
    const made = people([...ALL.slice(0, 2), someone("kim")]);
    await expectToSayWhatIs(confirm, states(made), () => done().getByText("Passkey of kim confirmed.").waitFor());
    await confirm(people([...ALL.slice(0, 2), newcomer("kim", { signatures: 1, required: 2, signed_by: [ALEX.id] })]));
    await done().getByText("1 of 2 admins have signed. Another admin has to sign the same before it takes effect.").waitFor();
  });

  test("roles are changed", async () => {
    const person = { id: "usr_sam", username: "sam" };
    const drafted = statement("role.changed", { person, roles: ["approver", "auditor"], groups: [] });
    const change = async (reads: Record<string, unknown>): Promise<void> => {
      await open("/admin/people", document, reads, { "/admin/people/statement": { statement: drafted, ...CREDENTIALS } });
      await page.getByRole("listitem").filter({ hasText: "sam" }).getByRole("button", { name: "Change roles" }).first().click();
      await page.getByRole("dialog").getByRole("checkbox", { name: "Auditor" }).check();
      await button("Sign change").click();
    };
    const made = people([ALL[0] as PersonItem, someone("sam", { roles: ["approver", "auditor"] }), newcomer("kim")]);
    await expectToSayWhatIs(change, states(made), () => done().getByText("sam has the new roles.").waitFor());
  });

  test("a waiting passkey is discarded, an invite withdrawn", async () => {
    const discard = async (reads: Record<string, unknown>): Promise<void> => {
      await open("/admin/people", document, reads);
      await button("Discard").click();
      await button("Discard passkey").click();
    };
    await expectToSayWhatIs(discard, states(people(ALL.slice(0, 2))), () =>
      done().getByText("The waiting passkey of kim is discarded.").waitFor(),
    );
    const withdraw = async (reads: Record<string, unknown>): Promise<void> => {
      await open("/admin/people", document, reads);
      await button("Withdraw").click();
      await button("Withdraw invite").click();
    };
    await expectToSayWhatIs(withdraw, states(people(ALL, [])), () => done().getByText("The invite is withdrawn.").waitFor());
  });

  test("an invite, whose link is lost with its answer, is no use: made or not", async () => {
    await open("/admin/people", document, {});
    await page.locator("#invite").getByRole("checkbox", { name: "Approver" }).check();
    await button("Invite").click();
    await alert().waitFor();
    expect(await alert().textContent()).toContain("withdraw the invite if it is listed, and invite again");
  });
});

describe("agents:", () => {
  const agent = { id: "agt_new", name: "nightly-bot", owner: ALEX.id };
  const LISTED = { ...agent, groups: [], created_at: NOW, revoked_at: null, stopped: null, key_prefix: "csk_abcd" };
  const agents = (items: unknown[], waiting: unknown[] = []) => ({
    "/api/v1/agents": { items, waiting, changes: [], releases: [], rotations: [] },
  });
  const document = (
    <AgentsPage
      person={ADMIN}
      agents={[{ ...agent, ownerName: "Alex Doe", groups: [], createdAt: NOW, revokedAt: null, stopped: null }]}
      waiting={[]}
      names={new Map()}
      origin={ORIGIN}
    />
  );
  const states = (made: Record<string, unknown>, same: Record<string, unknown>) => ({ made, same, unread: { "/api/v1/agents": null } });

  test("one is made, and its key did not arrive", async () => {
    const statement = {
      type: "countersign/admin@v1",
      origin: ORIGIN,
      operation: "agent.created",
      parameters: { agent },
      admin: ALEX.id,
      nonce: NONCE,
    };
    const create = async (reads: Record<string, unknown>): Promise<void> => {
      await open("/admin/agents", document, reads, { "/admin/agents/statement": { statement, ...CREDENTIALS } });
      await textbox("Name").fill("nightly-bot");
      await button("Create agent").click();
    };
    const said = () => alert().getByText("The agent was made, but its key, which is shown only once, did not arrive here.").waitFor();
    await expectToSayWhatIs(create, states(agents([LISTED]), agents([])), said);
  });

  test("one is revoked", async () => {
    const revoke = async (reads: Record<string, unknown>): Promise<void> => {
      await open("/admin/agents", document, reads);
      await button("Revoke").click();
      await button("Revoke agent").click();
    };
    const said = () => page.getByText("Revoked just now").waitFor();
    await expectToSayWhatIs(revoke, states(agents([{ ...LISTED, revoked_at: NOW }]), agents([LISTED])), said);
  });
});

// Last, because what `/account` tells the browser of its passkeys takes the signing one away: no account of these tests has it.
describe("one's account:", () => {
  const account = (me: Me) => <AccountPage person={ADMIN} me={me} hours={{ idle: 12, most: 168 }} />;
  const reading = (me: Me) => ({ "/api/v1/me": me });
  const states = (made: Me) => ({ made: reading(made), same: reading(meAlex()), unread: { "/api/v1/me": null } });
  const [first] = meAlex().passkeys;
  if (first === undefined) throw new Error("no passkey");

  test("a passkey is revoked", async () => {
    const revoke = async (reads: Record<string, unknown>): Promise<void> => {
      await open("/account", account(meAlex()), reads);
      await button("Revoke").nth(1).click();
      await button("Revoke passkey").click();
    };
    await expectToSayWhatIs(revoke, states(meAlex({ passkeys: [first] })), () => done().getByText("Passkey revoked.").waitFor());
  });

  test("a passkey is named", async () => {
    const rename = async (reads: Record<string, unknown>): Promise<void> => {
      await open("/account", account(meAlex()), reads);
      await button("Rename").nth(1).click();
      await textbox("Name").fill("in the safe");
      await button("Save name").click();
    };
    const made = meAlex({ passkeys: [first, ownPasskey("alex-2", { name: "in the safe" })] });
    await expectToSayWhatIs(rename, states(made), () => done().getByText("Name saved.").waitFor());
  });

  test("the other sessions are ended", async () => {
    const end = async (reads: Record<string, unknown>): Promise<void> => {
      await open("/account", account(meAlex()), reads);
      await button("Sign out everywhere else").click();
      await button("Sign out elsewhere").click();
    };
    const made = meAlex({ sessions: meAlex().sessions.slice(0, 1) });
    await expectToSayWhatIs(end, states(made), () => done().getByText("Signed out everywhere else.").waitFor());
  });
});

test("what never gets an answer is let go, and read again", async () => {
  const answers = { "/api/v1/people?role=any": peopleListOf([someone("alex")]), "/api/v1/invites": { items: [] } };
  await page.clock.install();
  await openPage(
    page,
    "/admin/people",
    <PeoplePage person={ADMIN} list={peopleListOf([someone("alex")])} filter={{}} invites={[invited()]} now={NOW} />,
    (to, request) => {
      const read = answers[to as keyof typeof answers];
      return request.method() === "GET" && read !== undefined ? { json: read } : undefined;
    },
  );
  await button("Withdraw").click();
  await button("Withdraw invite").click();
  expect(await button("Withdraw invite").getAttribute("aria-busy")).toBe("true");
  await page.clock.fastForward(60_000);
  await done().getByText("The invite is withdrawn.").waitFor();
});
