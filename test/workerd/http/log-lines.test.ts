/** What the service logs: one line for each request and tool call, and nothing of what callers send, whatever they send where. */
import { env } from "cloudflare:workers";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test, vi } from "vitest";
import { LOG_EVENTS } from "#config/log-line.ts";
import { type Agent, ask, askFor, decide, openPage, personAndAgent, send, signedDecision } from "#test/workerd/support/approvals.ts";
import { ROUTES } from "#test/workerd/support/attacks.ts";
import { callWithText, ERAS, post, requestText } from "#test/workerd/support/mcp.ts";
import { call, type Call, draftAgent, makeAgent, offerFirstPasskey, signIn, type Someone, textLike } from "#test/workerd/support/people.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";
import { oneIn } from "#test/support/every-case.ts";

const lines: string[] = [];
beforeEach(() => {
  lines.length = 0;
  for (const method of ["log", "info", "warn", "error", "debug"] as const) {
    vi.spyOn(console, method).mockImplementation((...said: unknown[]) => void lines.push(said.map(String).join(" ")));
  }
});
afterEach(() => {
  vi.restoreAllMocks();
});

interface Line {
  at: string;
  event: string;
  [field: string]: unknown;
}
const logged = (): Line[] => lines.map((line) => JSON.parse(line) as Line);
const lastLine = (): Line | undefined => logged().at(-1);

describe("one line for each request", () => {
  afterEach(emptyStorage);

  it("of an agent, a person, a stranger, and for nothing there", async () => {
    const { person, agent } = await personAndAgent();
    const { request_id: request } = await ask(agent);
    const at = textLike(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const ms: unknown = expect.any(Number);
    expect(lastLine()).toEqual({ at, event: "request", method: "POST", path: "/api/v1/approvals", status: 201, ms, agent: agent.id });

    await call("GET", `/a/${request}`, { cookie: person.cookie });
    expect(lastLine()).toEqual({ at, event: "request", method: "GET", path: "/a/:id", status: 200, ms, person: person.id, request });

    await call("GET", `/api/v1/approvals/${request}`);
    const refused = { status: 401, code: "unauthorized", reason: "no-key" };
    expect(lastLine()).toMatchObject({ method: "GET", path: "/api/v1/approvals/:id", request, ...refused });

    await call("GET", "/no/such/address?token=hunter2");
    expect(lastLine()).toMatchObject({ path: "none", status: 404, code: "not_found" });
  });

  it("with the error that nobody foresaw", async () => {
    await env.DB.exec("ALTER TABLE session RENAME TO session_away");
    await call("GET", "/api/v1/me", { cookie: `__Host-countersign=${"A".repeat(43)}` });
    await env.DB.exec("ALTER TABLE session_away RENAME TO session");
    const error = textLike(/no such table: session/);
    expect(logged()).toMatchObject([{ event: "request", path: "/api/v1/me", status: 503, error }]);
  });

  it("but none for what says nothing: a file that is there", async () => {
    expect((await call("GET", "/healthz")).status).toBe(200);
    expect(lines).toEqual([]);
  });

  test("and one for each call of a tool, with how it ended", async () => {
    const { agent } = await personAndAgent();
    const toolLines = () => logged().filter(({ event }) => event === "tool");
    await (await callWithText("2026-07-28", "request_human_approval", '{"action":"Deploy","payload":{},"wait_seconds":0}', agent)).text();
    await (await callWithText("2026-07-28", "wait_for_approval", '{"request_id":"hunter2"}', agent)).text();
    expect(toolLines()).toMatchObject([
      { tool: "request_human_approval", agent: agent.id, code: "pending", request: textLike(/^apr_/) },
      { tool: "wait_for_approval", agent: agent.id, code: "unknown_request" },
    ]);
    // That is all there is to say of it.
    expect(logged().filter(({ path }) => path === "/mcp")).toEqual([]);
    await (await callWithText("2026-07-28", "wait_for_approval", "{}", { ...agent, key: "hunter2" })).text();
    expect(logged().filter(({ path }) => path === "/mcp")).toMatchObject([{ event: "request", status: 401 }]);
  });
});

describe("nothing that a caller sends", () => {
  /** In every value that is sent; it would be seen in any line that repeats one. */
  const MARK = "hunter2MARK";
  const FIELDS = ["action", "reason", "comment", "detail", "outcome", "username", "display_name", "name", "token", "code", "nonce"].concat([
    "person",
    "idempotency_key",
    "approver_username",
    "verdict",
    "credential_id",
    "wait_seconds",
    MARK,
  ]);
  const everything = {
    ...Object.fromEntries(FIELDS.map((field) => [field, MARK])),
    payload: { password: MARK, [MARK]: MARK },
    approvers: { users: [MARK], groups: [MARK] },
    authorisation: [{ statement: { type: MARK }, credential_id: MARK, assertion: { signature: MARK } }],
    response: { id: MARK, rawId: MARK, type: MARK, response: { clientDataJSON: MARK, attestationObject: MARK } },
    assertion: { client_data_json: MARK, authenticator_data: MARK, signature: MARK },
  };
  const json = { "content-type": "application/json" };
  /** One that is understood, and some that are not. */
  const BODIES: Call[] = [
    { body: everything },
    { text: `{"${MARK}":`, headers: json },
    { text: `{"payload":{"${MARK}":1,"${MARK}":2}}`, headers: json },
    { text: MARK, headers: { "content-type": `text/${MARK}` } },
  ];
  const PARTS: Call[] = Object.entries(everything).map(([field, value]) => ({ body: { [field]: value } }));
  const HEADERS = { "idempotency-key": MARK, "user-agent": MARK, referer: `https://${MARK}.example`, accept: "text/html" };

  /** Every line is what it should be and repeats none of `secrets`. */
  function expectNothingOf(secrets: readonly string[]): void {
    for (const line of lines) {
      for (const secret of [MARK, ...secrets]) expect(line.toLowerCase()).not.toContain(secret.toLowerCase());
      expect(LOG_EVENTS).toContain((JSON.parse(line) as Line).event);
    }
  }

  /** Everybody calls the route with everything; gives how many calls that were. */
  async function callAs(route: string, { person, agent }: { person: Someone; agent: Agent }): Promise<number> {
    const [method = "", pattern = ""] = route.split(" ");
    const verb = method === "ALL" ? "POST" : method;
    const callers: Call[] = [
      {},
      { key: agent.key },
      { cookie: person.cookie },
      { key: MARK },
      { headers: { authorization: `Bearer ${MARK}` } },
      { cookie: `__Host-countersign=${MARK}` },
      { cookie: person.cookie, origin: `https://${MARK}.example` },
    ];
    const path = `${pattern.replaceAll(/:\w+|\*/g, MARK)}?wait=${MARK}&seen=${MARK}&next=/${MARK}&token=${MARK}`;
    let calls = 0;
    let turn = ROUTES.indexOf(route);
    for (const caller of callers) {
      const answerTo = async (sent: Call): Promise<string> => {
        const headers = { ...HEADERS, ...caller.headers, ...sent.headers };
        const answer = await call(verb, path, { ...caller, ...sent, headers });
        calls++;
        return `${answer.status} ${await answer.text()}`;
      };
      const answers: string[] = [];
      for (const sent of verb === "GET" ? [{}] : BODIES) answers.push(await answerTo(sent));
      // Whoever is answered alike whatever they send, even what nobody understands, was answered before it was read.
      if (new Set(answers).size > 1) for (const sent of oneIn(3, PARTS, turn++)) await answerTo(sent);
    }
    return calls;
  }

  async function expectNothingLogged(route: string, cast: { person: Someone; agent: Agent }): Promise<void> {
    const calls = await callAs(route, cast);
    expect(lines.length).toBeGreaterThanOrEqual(route === "GET /healthz" ? 0 : calls);
    expectNothingOf([cast.agent.key, cast.person.cookie]);
  }

  describe("where nothing is changed", () => {
    let cast: { person: Someone; agent: Agent };
    beforeAll(async () => {
      cast = await personAndAgent();
    });
    afterAll(emptyStorage);

    it.each(ROUTES.filter((route) => route.startsWith("GET ")))("to %s", async (route) => {
      await expectNothingLogged(route, cast);
    });
  });

  describe("where something may be changed", () => {
    afterEach(emptyStorage);

    it.each(ROUTES.filter((route) => !route.startsWith("GET ")))("to %s", async (route) => {
      await expectNothingLogged(route, await personAndAgent());
    });
  });

  /** Asking, looking, deciding and using, over every way in; returns the secrets that went over the wire. */
  async function journey(person: Someone, agent: Agent): Promise<string[]> {
    const asked = { action: `Deploy ${MARK}`, reason: MARK, payload: { password: MARK } };
    const { request_id: id } = await ask(agent, asked);
    const page = await openPage(person, id);
    const wrong = await signedDecision(person, page, "approved", { comment: MARK, wrong: { origin: `https://${MARK}.example` } });
    expect((await send(person, id, wrong)).status).toBe(403);
    const decision = await signedDecision(person, await openPage(person, id), "approved", { comment: MARK });
    expect((await send(person, id, decision)).status).toBe(200);
    const use = { key: agent.key, origin: null };
    for (const payload of [{ password: `not ${MARK}` }, asked.payload]) {
      await call("POST", `/api/v1/approvals/${id}/redeem`, { ...use, body: { payload, idempotency_key: MARK } });
    }
    await call("POST", `/api/v1/approvals/${id}/outcome`, { ...use, body: { outcome: "failed", detail: MARK } });
    await call("GET", `/api/v1/approvals/${id}/receipt`, use);

    const { request_id: second } = await ask(agent, { ...asked, idempotency_key: MARK });
    await askFor(agent, { ...asked, idempotency_key: MARK, reason: `another ${MARK}` });
    await call("POST", `/api/v1/approvals/${second}/cancel`, { ...use, body: { reason: MARK } });
    for (const era of ERAS) {
      const args = JSON.stringify({ ...asked, wait_seconds: 0, approver_username: era === ERAS[0] ? MARK : "alex" });
      await (await callWithText(era, "request_human_approval", args, agent)).text();
      await (await callWithText(era, MARK, "{}", agent)).text();
      await (await callWithText(era, "wait_for_approval", `{"request_id":"${id}"}`, agent, MARK)).text();
      await (await post(era, MARK, null, requestText(era, MARK), { key: agent.key, headers: { "mcp-protocol-version": MARK } })).text();
      await (await post(era, "tools/list", null, requestText(era, "tools/list"), { key: agent.key, headers: { accept: MARK } })).text();
    }
    return [page.nonce, page.comment_salt, decision.nonce, decision.assertion.signature, decision.assertion.client_data_json];
  }

  describe("over all ways in", () => {
    afterEach(emptyStorage);

    it("in a whole journey that succeeds", async () => {
      const offer = await offerFirstPasskey();
      const { person, agent } = await personAndAgent();
      const statement = await draftAgent(person, `${MARK}-bot`);
      const made = await makeAgent(person, `${MARK}-bot`);
      await signIn(person.passkey, { origin: `https://${MARK}.example` });
      expect((await signIn(person.passkey)).status).toBe(200);
      const secrets = await journey(person, agent);
      await call("POST", "/sign-out", { cookie: person.cookie });
      await call("DELETE", `/api/v1/agents/${made.id}`, { cookie: person.cookie });
      expect(logged().map(({ event }) => event)).toEqual(
        expect.arrayContaining(["first-person-enrolled", "agent-created", "signed-in", "decided", "tool"]),
      );
      expectNothingOf([...secrets, offer.nonce, statement.nonce, agent.key, made.key, person.cookie, env.SETUP_TOKEN]);
    });

    test.each(["approval", "session", "agent", "spent_nonce", "log_leaf"])("while the table %s is away", async (table) => {
      const { person, agent } = await personAndAgent();
      const { request_id: id } = await ask(agent);
      const page = await openPage(person, id);
      await env.DB.exec(`ALTER TABLE ${table} RENAME TO away`);
      await askFor(agent, { action: MARK, payload: { password: MARK }, reason: MARK, idempotency_key: MARK });
      await (
        await callWithText(
          ERAS[0],
          "request_human_approval",
          `{"action":"${MARK}","payload":{"password":"${MARK}"},"wait_seconds":0}`,
          agent,
        )
      ).text();
      const decision = await signedDecision(person, page, "denied", { comment: MARK });
      await send(person, id, decision);
      await decide(person, id, "denied", { comment: MARK }).catch(() => undefined);
      await signIn(person.passkey);
      await makeAgent(person, MARK).catch(() => undefined);
      await env.DB.exec(`ALTER TABLE away RENAME TO ${table}`);
      expect(lines.some((line) => line.includes("no such table"))).toBe(true);
      expectNothingOf([agent.key, person.cookie, page.nonce, decision.assertion.signature]);
    });
  });
});
