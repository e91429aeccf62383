/** A server that is called as somebody: from what its issuer says to the call, and whatever an issuer or a server does otherwise. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { ISSUER, SERVER_HOST } from "#test/support/servers/oauth/issuer-orders.ts";
import { decided } from "#test/workerd/support/approvals.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import { ownSignature } from "#test/workerd/support/channels/notifications.ts";
import { admitted, given, recordsOf } from "#test/workerd/support/invited.ts";
import { authorise, call, cookieOf, enrolFirst, makeAgent, outcome, signIn, type Someone } from "#test/workerd/support/people.ts";
import { publish } from "#test/workerd/support/policies.ts";
import {
  addedAccounts,
  answerOf,
  askDiscovery,
  askedOfIssuer,
  AUTHENTICATION,
  begin,
  begun,
  broughtBack,
  comeBack,
  disconnected,
  draftOwn,
  draftShared,
  ISSUER_URL,
  ownServers,
  sendOwn,
  sendShared,
  SERVER_URL,
  signedOwn,
  signedShared,
  tellAccounts,
  tellIssuer,
  tokensCalledWith,
} from "#test/workerd/support/servers/connections.ts";
import { callTool } from "#test/workerd/support/servers/gateway-call.ts";
import { acceptedTools, inForce, refresh, serversOfGate, signServer } from "#test/workerd/support/servers/signed-servers.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const ALL_PASSES = "type: countersign/policy@v1\nrules:\n  - { name: all, match: { source: call }, effect: allow }\n";

const ASKS = "type: countersign/policy@v1\nrules:\n  - { name: all, match: { source: call }, effect: require_approval }\n";

let alex: Someone;
beforeEach(async () => {
  await emptyStorage();
  await receivers.reset();
  alex = await enrolFirst();
});

const called = (key: string) => callTool(key, "accounts", "whoami");

/** Connected for all as that account, its tool accepted; gives the grant and an agent's key. */
async function connected(account = "ada"): Promise<{ grant: string; key: string }> {
  await addedAccounts(alex);
  const grant = await broughtBack(alex, account);
  await given(await signedShared(alex, grant), 201);
  await given(await acceptedTools(alex, null, "accounts"));
  await publish(alex, ALL_PASSES);
  return { grant, key: (await makeAgent(alex)).key };
}

describe("what the server and its issuer say", () => {
  test("is found, and the gate registered there with just its own address to come back to", async () => {
    expect(await given(await askDiscovery(alex))).toEqual({
      issuer: ISSUER_URL,
      authorization_endpoint: `${ISSUER_URL}/authorize`,
      token_endpoint: `${ISSUER_URL}/token`,
      registration_endpoint: `${ISSUER_URL}/register`,
      revocation_endpoint: `${ISSUER_URL}/revoke`,
      resource: SERVER_URL,
      scope: "read",
      redirect: "shared",
      redirect_uri: "https://gate.example.com/oauth/callback",
      client: { client_id: "gate-1", client_secret: null, token_auth: "none" },
    });
    const [registered] = (await receivers.requests(ISSUER)).filter(({ path }) => path === "/register");
    expect(JSON.parse(registered?.body ?? "")).toMatchObject({
      redirect_uris: ["https://gate.example.com/oauth/callback"],
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "none",
      application_type: "web",
    });
  });

  test("where an issuer knows clients by an address, the gate has one, and registers nowhere", async () => {
    await tellIssuer({ metadata: { client_id_metadata_document_supported: true } });
    const { client } = await given<{ client: { client_id: string } }>(await askDiscovery(alex));
    expect(client.client_id).toBe("https://gate.example.com/oauth/client.json");
    const told = await (await call("GET", "/oauth/client.json", { origin: null })).json();
    expect(told).toMatchObject({ client_id: client.client_id, redirect_uris: ["https://gate.example.com/oauth/callback"] });
    expect((await receivers.requests(ISSUER)).map(({ path }) => path)).not.toContain("/register");
  });

  test.each<[string, () => Promise<void>, string]>([
    [
      "an issuer that says it is another",
      () => tellIssuer({ metadata: { issuer: "https://bank.example.com" } }),
      "says that it is another one",
    ],
    ["an issuer whose name only looks alike", () => tellIssuer({ metadata: { issuer: `${ISSUER_URL}/` } }), "says that it is another one"],
    ["an issuer without PKCE", () => tellIssuer({ metadata: { code_challenge_methods_supported: ["plain"] } }), "PKCE"],
    ["an issuer that does not say so", () => tellIssuer({ metadata: { code_challenge_methods_supported: null } }), "PKCE"],
    ["tokens in a private network", () => tellIssuer({ metadata: { token_endpoint: "https://10.0.0.1/token" } }), "does not connect to"],
    [
      "people sent to a private network",
      () => tellIssuer({ metadata: { authorization_endpoint: "https://127.0.0.1/" } }),
      "does not connect to",
    ],
    ["tokens without TLS", () => tellIssuer({ metadata: { token_endpoint: "http://auth.example.com/token" } }), "does not connect to"],
    ["no token endpoint", () => tellIssuer({ metadata: { token_endpoint: null } }), "does not say where"],
    ["a server that says it is another", () => tellAccounts({ metadata: { resource: "https://bank.example.com/mcp" } }), "another address"],
    ["one that is below it", () => tellAccounts({ metadata: { resource: `${SERVER_URL}/below` } }), "another address"],
    ["a server that names nobody", () => tellAccounts({ metadata: { authorization_servers: [] } }), "does not say who gives tokens"],
    ["the gate itself", () => tellAccounts({ metadata: { authorization_servers: ["https://gate.example.com"] } }), "does not connect to"],
    [
      "an address inside",
      () => tellAccounts({ challenge: 'Bearer resource_metadata="https://169.254.169.254/latest"' }),
      "does not say who",
    ],
  ])("%s", async (_, tell, words) => {
    await tell();
    const answer = await askDiscovery(alex);
    expect(answer.ok).toBe(false);
    expect((await answer.json<{ detail: string }>()).detail).toContain(words);
    expect((await receivers.requests()).map(({ path }) => path)).not.toContain("/register");
  });

  test("an issuer that the server does not name is none of its", async () => {
    expect(await outcome(await askDiscovery(alex, { issuer: "https://bank.example.com" }))).toEqual([502, "needs_authentication"]);
    expect(await receivers.requests("bank.example.com")).toEqual([]);
  });
});

describe("connecting", () => {
  test("goes there with PKCE, resource and just the signed words, and is called by nothing before it is signed for", async () => {
    await addedAccounts(alex);
    expect(await serversOfGate(alex)).toMatchObject([{ health: { last_error: "needs_authentication" }, connections: [] }]);
    const there = await begun(alex);
    expect(there.origin + there.pathname).toBe(`${ISSUER_URL}/authorize`);
    expect(Object.fromEntries(there.searchParams)).toEqual({
      response_type: "code",
      client_id: "gate-1",
      redirect_uri: "https://gate.example.com/oauth/callback",
      state: expect.stringMatching(/^srv_[\w-]{22}\.[\w-]{43}$/) as string,
      code_challenge: expect.stringMatching(/^[\w-]{43}$/) as string,
      code_challenge_method: "S256",
      resource: SERVER_URL,
      scope: "read",
    });
    expect((await comeBack(alex, answerOf(there, "ada"))).headers.get("location")).toBe("/account/servers?server=accounts");
    expect(await askedOfIssuer("/token")).toEqual([
      {
        grant_type: "authorization_code",
        code: answerOf(there, "ada")["code"],
        redirect_uri: "https://gate.example.com/oauth/callback",
        code_verifier: expect.stringMatching(/^[\w-]{43}$/) as string,
        resource: SERVER_URL,
        client_id: "gate-1",
      },
    ]);
    const [own] = await ownServers(alex);
    expect(own).toMatchObject({ connection: null, waiting: [{ account: "ada@example.com", owner: null, connected_at: null }] });
    expect(await refresh(alex, "accounts")).toEqual({ listed: false, code: "needs_authentication" });

    await given(await signedShared(alex, own?.waiting[0]?.id ?? ""), 201);
    expect(await serversOfGate(alex)).toMatchObject([
      { unaccepted: ["whoami"], connections: [{ account: "ada@example.com", serves: true }] },
    ]);
    const [record] = await recordsOf("server.connected");
    expect(record).toMatchObject({ server: { name: "accounts" }, grant: { issuer: ISSUER_URL, account: "ada@example.com" } });
  });

  test("and then agents call it as that account; no token is in D1, a record or an answer", async () => {
    const { key } = await connected();
    expect(await called(key)).toContain("You are ada.");
    const tables = await env.DB.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'").all<{
      name: string;
    }>();
    for (const { name } of tables.results) {
      const rows = JSON.stringify((await env.DB.prepare(`SELECT * FROM "${name}"`).all()).results);
      expect(rows, name).not.toMatch(/(?:at|rt)-ada-\d/);
    }
  });

  test.each<[string, (answer: Record<string, string>) => Record<string, string>, number]>([
    ["an issuer that is not the one that was signed for", (answer) => ({ ...answer, iss: "https://bank.example.com" }), 400],
    ["one that does not say who it is, though it says it does", ({ iss: _, ...answer }) => answer, 400],
    ["another state", (answer) => ({ ...answer, state: `${answer["state"]?.slice(0, -2)}AA` }), 400],
    ["a state of a server that is not there", (answer) => ({ ...answer, state: `srv_${"A".repeat(22)}.${"A".repeat(43)}` }), 400],
    ["no state", ({ state: _, ...answer }) => answer, 400],
    ["no code", ({ code: _, ...answer }) => answer, 400],
    ["a code that was made for somebody else", (answer) => ({ ...answer, code: "eve.AAAA" }), 400],
    ["an error", (answer) => ({ ...answer, error: "access_denied" }), 400],
  ])("nothing comes of %s, and the flow is over where it was this one's", async (_, wrong, status) => {
    await addedAccounts(alex);
    const answer = answerOf(await begun(alex), "ada");
    const refused = await comeBack(alex, wrong(answer));
    expect(refused.status).toBe(status);
    expect(await refused.text()).not.toContain("ada");
    expect((await ownServers(alex))[0]?.waiting).toEqual([]);
  });

  test("an answer serves once, and no longer than ten minutes", async () => {
    await addedAccounts(alex);
    const answer = answerOf(await begun(alex), "ada");
    expect((await comeBack(alex, answer)).status).toBe(303);
    expect((await comeBack(alex, answer)).status).toBe(400);
    expect(await askedOfIssuer("/token")).toHaveLength(1);

    const late = answerOf(await begun(alex), "ada");
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 10 * 60_000 });
    try {
      expect((await comeBack(alex, late)).status).toBe(400);
    } finally {
      vi.useRealTimers();
    }
  });

  test("what somebody else brings back, or another session of the same person, is nobody's", async () => {
    await addedAccounts(alex);
    const blair = await admitted(alex, "blair", ["admin", "approver"]);
    const answer = answerOf(await begun(alex), "mallory");
    expect((await comeBack(blair, answer)).status).toBe(400);
    const elsewhere = cookieOf(await signIn(alex.passkey));
    expect((await comeBack({ ...alex, cookie: elsewhere ?? "" }, answer)).status).toBe(400);
    expect(await askedOfIssuer("/token")).toEqual([]);
    // It is alex's still, whoever else has tried.
    expect((await comeBack(alex, answer)).status).toBe(303);
  });

  test("what the server or its issuer says otherwise now gets nobody sent there, until that is signed for", async () => {
    await addedAccounts(alex);
    await tellIssuer({ metadata: { token_endpoint: "https://thief.example.com/token" } });
    expect(await outcome(await begin(alex))).toEqual([502, "needs_authentication"]);
    await tellIssuer({ metadata: { authorization_endpoint: "https://thief.example.com/authorize" } });
    expect(await outcome(await begin(alex))).toEqual([502, "needs_authentication"]);
    await tellIssuer({});
    await tellAccounts({ metadata: { authorization_servers: ["https://thief.example.com"] } });
    expect(await outcome(await begin(alex))).toEqual([502, "needs_authentication"]);
    await tellAccounts({ metadata: { resource: `https://${SERVER_HOST}/` } });
    expect(await outcome(await begin(alex))).toEqual([502, "needs_authentication"]);
    expect(await receivers.requests("thief.example.com")).toEqual([]);
  });

  test("what all agents share only admins connect, and only a signature of theirs lets it be used", async () => {
    await addedAccounts(alex);
    const blair = await admitted(alex, "blair", ["approver"]);
    expect(await outcome(await begin(blair))).toEqual([403, "forbidden"]);
    const grant = await broughtBack(alex, "ada");
    const statement = await draftShared(alex, grant);
    const forged = await authorise(blair.passkey, statement);
    expect(await outcome(await sendShared(alex, forged))).toEqual([403, "decision_not_accepted"]);
    const own = await ownSignature(alex.passkey, { ...(await draftShared(alex, grant)), type: "countersign/own@v1" } as never);
    expect((await sendOwn(alex, own)).ok).toBe(false);
    expect(await recordsOf("server.connected")).toEqual([]);
  });
});

describe("an issuer that does not name itself", () => {
  const OWN = `/${hex(sha256(utf8(ISSUER_URL)))}`;
  const NAMELESS = { metadata: { authorization_response_iss_parameter_supported: null } };
  const withoutIss = (answer: Record<string, string>) => Object.fromEntries(Object.entries(answer).filter(([name]) => name !== "iss"));

  test("has an address of its own to send people back to, and the gate is registered with just that", async () => {
    await tellIssuer(NAMELESS);
    expect(await given(await askDiscovery(alex))).toMatchObject({
      redirect: "issuer",
      redirect_uri: `https://gate.example.com/oauth/callback${OWN}`,
    });
    const [registered] = (await receivers.requests(ISSUER)).filter(({ path }) => path === "/register");
    expect(JSON.parse(registered?.body ?? "")).toMatchObject({ redirect_uris: [`https://gate.example.com/oauth/callback${OWN}`] });
    await addedAccounts(alex, { redirect: "issuer" });
    const there = await begun(alex);
    expect(there.searchParams.get("redirect_uri")).toBe(`https://gate.example.com/oauth/callback${OWN}`);
    expect((await comeBack(alex, withoutIss(answerOf(there, "ada")), OWN)).status).toBe(303);
    expect(await askedOfIssuer("/token")).toMatchObject([{ redirect_uri: `https://gate.example.com/oauth/callback${OWN}` }]);
  });

  test.each<[string, string]>([
    ["at the address that others share", ""],
    ["at another one's", `/${hex(sha256(utf8("https://bank.example.com")))}`],
    ["at none", "/x"],
  ])("is not answered for by another (mix-up): nothing comes of what is brought back %s, and the flow is over", async (_, at) => {
    await tellIssuer(NAMELESS);
    await addedAccounts(alex, { redirect: "issuer" });
    const answer = withoutIss(answerOf(await begun(alex), "mallory"));
    expect((await comeBack(alex, answer, at)).status).toBe(400);
    expect((await comeBack(alex, answer, OWN)).status).toBe(400);
    expect(await askedOfIssuer("/token")).toEqual([]);
    expect((await ownServers(alex))[0]?.waiting).toEqual([]);
  });

  test("is not known by the address of what the gate says of itself, which is of all that share one", async () => {
    await tellIssuer({ metadata: { ...NAMELESS.metadata, client_id_metadata_document_supported: true, registration_endpoint: null } });
    const answer = await askDiscovery(alex);
    expect(answer.ok).toBe(false);
    expect((await answer.json<{ detail: string }>()).detail).toContain(
      `with https://gate.example.com/oauth/callback${OWN} as its redirect`,
    );
  });

  test("gets nobody sent there where it is signed that it does", async () => {
    await addedAccounts(alex);
    await tellIssuer(NAMELESS);
    expect(await outcome(await begin(alex))).toEqual([502, "needs_authentication"]);
  });

  test("and knows the gate by a client that was made before goes on with the address of before, for just that client", async () => {
    await addedAccounts(alex);
    await env.DB.exec("UPDATE server SET settings = json_remove(settings, '$.authentication.redirect')");
    await tellIssuer(NAMELESS);
    const there = await begun(alex);
    expect(there.searchParams.get("redirect_uri")).toBe("https://gate.example.com/oauth/callback");
    expect((await comeBack(alex, withoutIss(answerOf(there, "ada")))).status).toBe(303);
    const changed = async (client_id: string) => {
      const wanted = { draft: "change", server: "accounts", url: SERVER_URL, authentication: { ...AUTHENTICATION, client_id } };
      const { parameters } = (await signServer(alex, wanted)).statement;
      return (parameters["server"] as { authentication: { redirect?: string } }).authentication.redirect;
    };
    expect(await changed("gate-1")).toBeUndefined();
    expect(await changed("gate-2")).toBe("shared");
  });
});

describe("an owner's own", () => {
  test("is used for the owner's agents, and for nobody else's: with none of their own theirs are refused", async () => {
    await addedAccounts(alex, { grants: "owner" });
    const blair = await admitted(alex, "blair", ["admin", "approver"]);
    const [ofAlex, ofBlair] = [await makeAgent(alex), await makeAgent(blair, "bot-of-blair")];
    await given(await signedOwn(alex, await broughtBack(alex, "ada")), 201);
    await given(await acceptedTools(alex, null, "accounts"));
    await publish(alex, ALL_PASSES);
    expect(await called(ofAlex.key)).toContain("You are ada.");
    const refused = await called(ofBlair.key);
    expect(refused).toContain("needs_authentication");
    expect(refused).toContain("https://gate.example.com/account/servers?server=accounts");

    await given(await signedOwn(blair, await broughtBack(blair, "grace")), 201);
    expect(await called(ofBlair.key)).toContain("You are grace.");
    expect(await called(ofAlex.key)).toContain("You are ada.");
    const used = await tokensCalledWith();
    expect(used.map((token) => token.replace(/-\d+$/, ""))).toEqual(["Bearer at-ada", "Bearer at-grace", "Bearer at-ada"]);
    const records = await recordsOf("account.connected");
    expect(records.map(({ person, grant }) => ({ person, grant }))).toMatchObject([
      { person: { username: "alex" }, grant: { account: "ada@example.com" } },
      { person: { username: "blair" }, grant: { account: "grace@example.com" } },
    ]);
  });

  test("is what an approved call of the owner's agent is made by, and its page says so", async () => {
    await addedAccounts(alex, { grants: "owner" });
    const blair = await admitted(alex, "blair", ["approver"]);
    const grant = await broughtBack(alex, "ada");
    await given(await signedOwn(alex, grant), 201);
    await given(await acceptedTools(alex, null, "accounts"));
    await publish(alex, ASKS);
    const agent = await makeAgent(alex);
    const ask = async (): Promise<string> =>
      /apr_[\w-]{32}/.exec(await callTool(agent.key, "accounts", "whoami", {}, { "dev.countersign/wait_seconds": 0 }))?.[0] ?? "";
    const resume = (id: string) => callTool(agent.key, "accounts", "resume_call", { request_id: id, wait_seconds: 10 });
    const first = await ask();
    const page = await (await call("GET", `/a/${first}`, { cookie: blair.cookie, headers: { accept: "text/html" } })).text();
    expect(page).toContain("as ada@example.com, as its issuer says; alex connected it.");
    await decided(blair, first, "approved");
    expect(await resume(first)).toContain("You are ada.");
    expect((await tokensCalledWith()).map((token) => token.replace(/-\d+$/, ""))).toEqual(["Bearer at-ada"]);

    const second = await ask();
    await decided(blair, second, "approved");
    expect((await disconnected(alex, grant)).status).toBe(204);
    const refused = await resume(second);
    expect(refused).toContain("needs_authentication");
    expect(refused).toContain("https://gate.example.com/account/servers?server=accounts");
    // It is not lost for that: connected anew, it is made.
    await given(await signedOwn(alex, await broughtBack(alex, "ada")), 201);
    expect(await resume(second)).toContain("You are ada.");
  });

  test("has the server listed for all by an admin alone: what it lists to anybody else changes nothing for the others", async () => {
    await addedAccounts(alex, { grants: "owner" });
    const blair = await admitted(alex, "blair", ["approver"]);
    await given(await signedOwn(alex, await broughtBack(alex, "ada")), 201);
    await given(await acceptedTools(alex, null, "accounts"));
    await publish(alex, ALL_PASSES);
    const { key } = await makeAgent(alex);
    await tellAccounts({ says: { grace: "Says another thing.", lin: "Says yet another." } });
    await given(await signedOwn(blair, await broughtBack(blair, "grace")), 201);
    expect((await inForce("accounts")).drifted).toEqual([]);
    expect(await called(key)).toContain("You are ada.");
    const charlie = await admitted(alex, "charlie", ["admin"]);
    await given(await signedOwn(charlie, await broughtBack(charlie, "lin")), 201);
    expect((await inForce("accounts")).drifted).toEqual(["whoami"]);
  });

  test("is signed for by the owner alone, and shown to nobody else but admins", async () => {
    await addedAccounts(alex, { grants: "owner" });
    const blair = await admitted(alex, "blair", ["approver"]);
    const grant = await broughtBack(blair, "grace");
    expect((await ownServers(alex))[0]?.waiting).toEqual([]);
    for (const path of ["/account/servers/statement", "/admin/servers/connections/statement"]) {
      expect(await outcome(await call("POST", path, { cookie: alex.cookie, body: { server: "accounts", grant } }))).toEqual([
        409,
        "server_changed",
      ]);
    }
    const statement = await draftOwn(blair, grant);
    const forged = await ownSignature(alex.passkey, statement);
    expect((await sendOwn(blair, forged)).ok).toBe(false);
    expect((await sendOwn(alex, forged)).ok).toBe(false);
    await given(await sendOwn(blair, await ownSignature(blair.passkey, statement)), 201);
    expect((await ownServers(alex))[0]?.others).toMatchObject([{ account: "grace@example.com", owner: blair.id }]);
    // An admin may end it, and nobody else but whose it is.
    const charlie = await admitted(alex, "charlie", ["approver"]);
    expect(await outcome(await disconnected(charlie, grant))).toEqual([409, "server_changed"]);
    expect((await disconnected(alex, grant)).status).toBe(204);
  });
});

describe("two admins", () => {
  test("both sign for what all agents share", async () => {
    const TWO = { ADMINS_REQUIRED: "2" } as const;
    await addedAccounts(alex);
    const blair = await admitted(alex, "blair", ["admin"]);
    const grant = await broughtBack(alex, "ada");
    const first = await sendShared(alex, await authorise(alex.passkey, await draftShared(alex, grant)), "accounts", TWO);
    expect([first.status, await first.json()]).toEqual([202, { name: "accounts", signatures: 1, required: 2 }]);
    expect((await ownServers(blair))[0]).toMatchObject({ connection: null, waiting: [{ id: grant }] });
    expect((await sendShared(blair, await authorise(blair.passkey, await draftShared(blair, grant)), "accounts", TWO)).status).toBe(201);
    expect((await recordsOf("server.connected"))[0]?.["authorised_by"]).toHaveLength(2);
  });
});

describe("a grant ends", () => {
  const isGivenBack = async () => (await askedOfIssuer("/revoke")).map(({ token_type_hint: hint }) => hint);

  test("disconnected, it is called by nothing more and given back to the issuer", async () => {
    const { grant, key } = await connected();
    expect((await disconnected(alex, grant)).status).toBe(204);
    expect(await called(key)).toContain("needs_authentication");
    expect(await isGivenBack()).toEqual(["refresh_token", "access_token"]);
    expect(await recordsOf("server.disconnected")).toMatchObject([{ grant: { id: grant }, by: { username: "alex" } }]);
    expect((await disconnected(alex, grant)).status).toBe(409);
  });

  test.each<[string, () => Promise<unknown>]>([
    ["with its server", async () => expect((await call("DELETE", "/api/v1/servers/accounts", { cookie: alex.cookie })).status).toBe(204)],
    [
      "with what it was connected as",
      async () => {
        const authentication = { ...AUTHENTICATION, client_id: "gate-2" };
        await given((await signServer(alex, { draft: "change", server: "accounts", url: SERVER_URL, authentication })).answer);
      },
    ],
    ["with the one that takes its place", async () => given(await signedShared(alex, await broughtBack(alex, "grace")), 201)],
  ])("%s", async (how, end) => {
    const { key } = await connected();
    expect(await called(key)).toContain("You are ada.");
    await end();
    expect(await called(key)).not.toContain("You are ada.");
    expect(await isGivenBack()).toEqual(["refresh_token", "access_token"]);
    if (how.includes("place")) expect(await called(key)).toContain("You are grace.");
  });

  test("what nobody signs for is dropped, and given back", async () => {
    await addedAccounts(alex);
    const grant = await broughtBack(alex, "ada");
    expect((await disconnected(alex, grant)).status).toBe(204);
    expect((await ownServers(alex))[0]?.waiting).toEqual([]);
    expect(await recordsOf("server.disconnected")).toEqual([]);
  });
});
