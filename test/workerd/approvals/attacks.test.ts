/** Requests that no page and no client of ours would send: every route by every method, other spellings of its path, other names, other origins. */
import { env, exports } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { apiKeyFrom } from "#countersign/documents/api-key.ts";
import { b64u } from "#countersign/encoding/bytes.ts";
import { SoftwarePasskey } from "#countersign/testing/software-passkey.ts";
import { ask, decided } from "#test/workerd/support/approvals.ts";
import { everyRow, ROUTES, type Scene, scene } from "#test/workerd/support/attacks.ts";
import { admitted, revoke } from "#test/workerd/support/invited.ts";
import { call, cookieOf, makeAgent, ORIGIN, outcome, rowsOf, signIn, signInBody } from "#test/workerd/support/people.ts";
import { oneIn } from "#test/support/every-case.ts";

let there: Scene;
let credentials: Record<"nobody" | "agent" | "person", Record<string, string>>;
beforeAll(async () => {
  there = await scene();
  credentials = { nobody: {}, agent: { "x-api-key": there.agent.key }, person: { cookie: there.alex.cookie, origin: ORIGIN } };
});

/** Every test calls in a session of its own, and nobody has guessed before: the walks over all routes reach the limits, for all who come after. */
beforeEach(async () => {
  await env.DB.exec("DELETE FROM failure");
  const cookie = cookieOf(await signIn(there.alex.passkey)) ?? "";
  there = { ...there, alex: { ...there.alex, cookie } };
  credentials = { ...credentials, person: { cookie, origin: ORIGIN } };
});

/** A request whose path is sent as it is written. */
const send = (method: string, path: string, headers: Record<string, string> = {}, host = ORIGIN): Promise<Response> =>
  exports.default.fetch(new Request(`${host}${path}`, { method, headers, redirect: "manual" }));
const statusOf = async (answer: Promise<Response>): Promise<number> => (await outcome(await answer))[0];

/** A route's path with real ids in it, so that only the door can refuse. */
const concrete = (pattern: string): string =>
  pattern
    .replace(/(approvals|\/a)\/:id/, `$1/${there.requestId}`)
    .replace("agents/:id", `agents/${there.agent.id}`)
    .replace("people/:id", `people/${there.alex.id}`)
    .replace(":version", "unknown")
    .replace(":credential", there.alex.passkey.credentialId)
    .replace(":id", "unknown")
    .replace("*", "unknown.js");

/** What is open to POST and reads nothing of it: OAuth clients are told that there is no OAuth. */
const NO_OAUTH = ["/register", "/token"];
/** What no session opens: a token, or Slack's signature. */
const BY_PROGRAMS = ["/api/v1/stop-by-token", "/channels/slack/:id/interactions"];
const PATHS = [...new Set(ROUTES.map((route) => route.split(" ")[1] ?? ""))];
const OPEN = [
  "/healthz",
  "/log",
  "/log/entry/:index",
  "/log/revealed/:index",
  "/log/checkpoint",
  "/log/vkey",
  "/log/keys",
  "/log/tile/*",
  "/log/proof/consistency",
  "/log/proof/inclusion",
  "/log/ended/:log/checkpoint",
  "/log/ended/:log/tile/*",
  "/log/ended/:log/proof/consistency",
  "/log/ended/:log/proof/inclusion",
  "/api/v1/openapi.json",
  "/verify",
  "/docs",
  "/docs/*",
  "/llms.txt",
  "/assets/*",
  "/sw.js",
  "/manifest.webmanifest",
  "/oauth/client.json",
  "/.well-known/oauth-protected-resource/*",
  "/.well-known/oauth-authorization-server/*",
  "/.well-known/openid-configuration/*",
  ...NO_OAUTH,
  "/setup",
  "/enrol",
  "/enrol/waiting",
  "/",
];
/** What asks to be let in, as whoever signs in does. */
const ASKING = /^\/api\/v1\/command-line\/(?:pairings|token)$/;
const GUARDED = PATHS.filter((path) => !OPEN.includes(path) && !ASKING.test(path) && !/^\/(?:setup|enrol|sign-in|sign-out)/.test(path));

describe("methods", () => {
  const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "QUERY", "PURGE"];

  /** "options" and "finish" where a credential's id may stand, "check" and "replay" where a version may. */
  const OF_A_PARAMETER = [
    "PUT /account/passkeys/options",
    "PUT /account/passkeys/finish",
    "GET /admin/agents/statement",
    "GET /admin/people/statement",
    "GET /api/v1/policies/check",
    "GET /api/v1/policies/replay",
  ];

  test("that are not in the route table find nothing and change nothing, whoever sends them", async () => {
    const before = await everyRow();
    const found: string[] = [];
    let turn = 0;
    for (const path of PATHS) {
      const known = ROUTES.filter((route) => route.endsWith(` ${path}`)).map((route) => route.split(" ")[0]);
      if (known.includes("ALL")) continue;
      for (const method of METHODS.filter((one) => !known.includes(one) && !OF_A_PARAMETER.includes(`${one} ${path}`))) {
        for (const [who, headers] of oneIn(3, Object.entries(credentials), turn++)) {
          const status = await statusOf(send(method, concrete(path), headers));
          if (status !== 404) found.push(`${who}: ${method} ${path} ${status}`);
        }
      }
    }
    expect(found).toEqual([]);
    expect(await everyRow()).toBe(before);
  });

  test("an override in a header or in the query is not looked at", async () => {
    const path = `/api/v1/agents/${there.agent.id}`;
    for (const name of ["x-http-method-override", "x-http-method", "x-method-override"]) {
      expect(await statusOf(send("POST", path, { ...credentials.person, [name]: "DELETE" }))).toBe(404);
      expect(await statusOf(send("POST", `${path}?_method=DELETE`, credentials.person))).toBe(404);
    }
    expect(await statusOf(send("GET", "/api/v1/approvals/unknown", credentials.agent))).toBe(404);
  });

  test("GET and HEAD change nothing in the database, whoever sends them", async () => {
    const before = await everyRow();
    for (const path of ROUTES.filter((route) => route.startsWith("GET ")).map((route) => concrete(route.slice(4)))) {
      for (const headers of Object.values(credentials)) {
        const [status, ofHead] = [await statusOf(send("GET", path, headers)), await send("HEAD", path, headers)];
        expect([path, ofHead.status, await ofHead.text()]).toEqual([path, status, ""]);
      }
    }
    expect(await everyRow()).toBe(before);
  });
});

describe("other spellings of a path", () => {
  const SPELLINGS: [string, (path: string) => string][] = [
    ["a slash behind", (path) => `${path}/`],
    ["two slashes before", (path) => `/${path}`],
    ["two slashes inside", (path) => path.replace(/(?<=.)\//, "//")],
    ["capitals", (path) => path.replace(/[a-z]+/, (word) => word.toUpperCase())],
    ["encoded letters", (path) => path.replace(/[a-z]/, (letter) => `%${letter.charCodeAt(0).toString(16)}`)],
    ["letters encoded twice", (path) => path.replace(/[a-z]/, (letter) => `%25${letter.charCodeAt(0).toString(16)}`)],
    ["encoded slashes", (path) => `/${path.slice(1).replaceAll("/", "%2f")}`],
    ["a way up from what is open", (path) => `/assets/..${path}`],
    ["an encoded way up", (path) => `/assets/%2e%2e${path}`],
    ["a way up with an encoded slash", (path) => `/assets/..%2f${path.slice(1)}`],
    ["a way up twice encoded", (path) => `/healthz/%252e%252e${path}`],
    ["a detour", (path) => `/.${path}`],
    ["backslashes", (path) => path.replaceAll("/", "\\")],
    ["a parameter behind", (path) => `${path};a=b`],
    ["a null byte behind", (path) => `${path}%00`],
    ["what looks like a file", (path) => `${path}/.css`],
    ["half an encoding", (path) => `${path}%`],
  ];

  test.each(SPELLINGS)("%s: no way past the door", async (_, spell) => {
    const before = await everyRow();
    const passed: string[] = [];
    for (const route of ROUTES) {
      const [method = "", pattern = ""] = route.split(" ");
      if (!GUARDED.includes(pattern)) continue;
      const path = spell(concrete(pattern));
      const [nobody, agent] = [
        await statusOf(send(method === "ALL" ? "POST" : method, path, { origin: ORIGIN })),
        await statusOf(send(method === "ALL" ? "POST" : method, path, credentials.agent)),
      ];
      // 303 sends whoever is not signed in to sign in.
      if (![401, 403, 404, 303].includes(nobody)) passed.push(`nobody: ${method} ${path} ${nobody}`);
      const agentsOwn = /^\/mcp(\/|\/:server)?$/.test(pattern) || /^\/api\/v1\/(approvals|agents\/self\/)/.test(pattern);
      if (!agentsOwn && ![401, 403, 404].includes(agent)) passed.push(`agent: ${method} ${path} ${agent}`);
    }
    expect(passed).toEqual([]);
    expect(await everyRow()).toBe(before);
  });
});

describe("other names of the host", () => {
  test.each([
    "https://evil.example",
    "https://gate.example.com.evil.example",
    "https://gate.example.com:8443",
    "https://gate.example.com.",
    "https://127.0.0.1",
    "https://[::1]",
  ])("%s: every route is closed to everybody", async (host) => {
    for (const [turn, route] of ROUTES.filter((one) => one !== "GET /healthz").entries()) {
      const [method = "", pattern = ""] = route.split(" ");
      for (const headers of oneIn(3, Object.values(credentials), turn + host.length)) {
        const answer = await outcome(await send(method === "ALL" ? "POST" : method, concrete(pattern), headers, host));
        expect([route, ...answer]).toEqual([route, 403, "forbidden"]);
      }
    }
  });

  test("headers that claim another name, address or path change nothing of what is answered", async () => {
    const claims = {
      "x-forwarded-host": "evil.example",
      "x-host": "evil.example",
      "x-original-url": "/api/v1/me",
      "x-rewrite-url": "/api/v1/me",
      "x-forwarded-proto": "http",
      "x-forwarded-for": "127.0.0.1",
      forwarded: "host=evil.example;proto=http",
    };
    const page = await (await send("GET", "/", claims)).text();
    expect(page).toBe(await (await send("GET", "/")).text());
    expect(page).not.toContain("evil.example");
    expect(await statusOf(send("GET", "/api/v1/me", claims))).toBe(401);
    const invited = await call("POST", "/api/v1/invites", { cookie: there.alex.cookie, headers: claims, body: { roles: [] } });
    expect((await invited.json<{ url: string }>()).url).toMatch(/^https:\/\/gate\.example\.com\/enrol#/);
    const asked = await call("POST", "/api/v1/approvals", {
      key: there.agent.key,
      origin: null,
      headers: claims,
      body: { action: "Deploy", payload: {}, wait_seconds: 0 },
    });
    expect((await asked.json<{ approval_url: string }>()).approval_url).toMatch(/^https:\/\/gate\.example\.com\/a\/apr_/);
  });
});

describe("without TLS", () => {
  const PLAIN = "http://gate.example.com";

  test("nothing is served, and no key is taken", async () => {
    for (const route of ROUTES.filter((one) => one !== "GET /healthz")) {
      const [method = "", pattern = ""] = route.split(" ");
      for (const headers of Object.values(credentials)) {
        const answer = await outcome(await send(method === "ALL" ? "POST" : method, concrete(pattern), headers, PLAIN));
        expect([route, ...answer]).toEqual([route, 403, "forbidden"]);
      }
    }
  });

  test("a person who typed the address is sent to the one with TLS", async () => {
    const answer = await send("GET", "/a/apr_1?x=//evil.example", { accept: "text/html" }, PLAIN);
    expect([answer.status, answer.headers.get("location")]).toEqual([308, "https://gate.example.com/a/apr_1?x=//evil.example"]);
    const away = await send("GET", "//evil.example/", { accept: "text/html" }, PLAIN);
    expect(away.headers.get("location")).toBe("https://gate.example.com//evil.example/");
  });
});

describe("another site's page, in the browser of a person who is signed in", () => {
  const SITES = [
    "null",
    "https://evil.example",
    "https://gate.example.com.evil.example",
    "http://gate.example.com",
    "https://gate.example.com:443",
    "https://gate.example.com/",
    "HTTPS://GATE.EXAMPLE.COM",
  ];

  const TYPES = ["application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=a"];

  test("can send nothing that changes something, in whatever form", async () => {
    // In one session it would be refused so often that it is told to wait.
    const sessions: (string | undefined)[] = [];
    while (sessions.length < 4) sessions.push(cookieOf(await signIn(there.alex.passkey)));
    const before = await everyRow();
    const changing = ROUTES.filter((route) => !route.startsWith("GET ") && !route.startsWith("ALL /log/"));
    let turn = 0;
    for (const [index, route] of changing.entries()) {
      const [method = "", pattern = ""] = route.split(" ");
      const cookie = sessions[index % sessions.length];
      for (const origin of [...SITES, null]) {
        // Without an Origin it is a program's, which has no token, or Slack's, which has signed nothing.
        const isTokens = BY_PROGRAMS.includes(pattern) && origin === null;
        const unlessForm = NO_OAUTH.includes(pattern) ? [400, undefined] : isTokens ? [401, "unauthorized"] : [403, "forbidden"];
        for (const type of oneIn(4, TYPES, turn++)) {
          // What asks to be let in is anybody's program, which says too little here.
          const isJson = type === "application/json";
          const ofAnybody = isJson ? [400, "invalid_request"] : [415, "unsupported_media_type"];
          // And what a command line's own key opens no cookie does, wherever it comes from.
          const ofItsKey = pattern === "/api/v1/command-line" ? [401, "unauthorized"] : unlessForm;
          const refusal = ASKING.test(pattern) && origin === null ? ofAnybody : ofItsKey;
          const headers = { "content-type": type, "sec-fetch-site": "cross-site" };
          const text = method === "DELETE" ? {} : { text: "{}" };
          const answer = await call(method === "ALL" ? "POST" : method, concrete(pattern), {
            cookie,
            origin,
            headers,
            ...text,
          });
          expect([route, origin, ...(await outcome(answer))]).toEqual([route, origin, ...refusal]);
        }
      }
    }
    expect(await everyRow()).toBe(before);
  });

  test("is told by no answer that it may read one", async () => {
    for (const route of ROUTES) {
      const [method = "", pattern = ""] = route.split(" ");
      for (const headers of Object.values(credentials)) {
        for (const asked of [method === "ALL" ? "POST" : method, "OPTIONS"]) {
          const preflight = {
            origin: "https://evil.example",
            "access-control-request-method": "POST",
            "access-control-request-headers": "x-api-key",
          };
          const answer = await send(asked, concrete(pattern), { ...headers, ...preflight });
          await answer.body?.cancel();
          expect([route, [...answer.headers.keys()].filter((name) => name.startsWith("access-control"))]).toEqual([route, []]);
          expect(answer.headers.get("cross-origin-resource-policy")).toBe("same-origin");
          expect(answer.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
        }
      }
    }
  });
});

test("asking for a WebSocket reaches no object, on any route but that of people's open inboxes", async () => {
  for (const route of [...ROUTES, "GET /changes", `GET /a/:id/changes`, "GET /a/:id/socket"]) {
    const [method = "", pattern = ""] = route.split(" ");
    if (method !== "GET" && method !== "ALL") continue;
    for (const headers of Object.values(credentials)) {
      if (route === "GET /inbox/live" && "cookie" in headers) continue;
      const answer = await send("GET", concrete(pattern), {
        ...headers,
        upgrade: "websocket",
        connection: "upgrade",
        "sec-websocket-version": "13",
        "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
      });
      await answer.body?.cancel();
      expect([route, answer.status === 101, answer.webSocket]).toEqual([route, false, null]);
    }
  }
});

describe("bodies", () => {
  test("that never end are not waited for, when whoever sends them is nobody", async () => {
    for (const route of ROUTES.filter((one) => GUARDED.includes(one.split(" ")[1] ?? ""))) {
      const [method = "", pattern = ""] = route.split(" ");
      if (method === "GET" || method === "DELETE") continue;
      const endless = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(new TextEncoder().encode("{")) });
      const answer = await call(method === "ALL" ? "POST" : method, concrete(pattern), {
        text: endless,
        headers: { "content-type": "application/json" },
      });
      // A form's sender is led to sign in.
      expect([route, await statusOf(Promise.resolve(answer))]).toEqual([route, route === "POST /admin/policy" ? 303 : 401]);
    }
  });

  const DEEP: [string, string][] = [
    ["half a million lists", "[".repeat(500_000)],
    ["a hundred thousand objects", `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`],
    ["in a member that nobody knows", `{"more":${"[".repeat(400_000)}${"]".repeat(400_000)}}`],
    ["a text of a million escapes", `{"a":"${String.raw`\u0041`.repeat(170_000)}"}`],
    ["a number of a million digits", `{"a":${"9".repeat(1_000_000)}}`],
  ];
  test.each(DEEP)("%s: refused as what they are, on every route that reads one", async (what, text) => {
    const reading = ROUTES.filter((one) => /^(?:POST|PUT|ALL) /.test(one) && !one.startsWith("ALL /log/"));
    for (const route of oneIn(2, reading, what.length)) {
      const [method = "", pattern = ""] = route.split(" ");
      const who = pattern === "/mcp" || /approvals/.test(pattern) ? { key: there.agent.key } : { cookie: there.alex.cookie };
      // These read none.
      if (/^\/sign-(?:out|in\/options)|(?:nonce|stop|stop-token|test-request)$/.test(pattern)) continue;
      const answer = await call(method === "ALL" ? "POST" : method, concrete(pattern), {
        ...who,
        text,
        headers: { "content-type": "application/json" },
      });
      expect([route, answer.status >= 400 && answer.status < 500]).toEqual([route, true]);
      await answer.body?.cancel();
    }
  });
});

describe("answers are the same", () => {
  const bodies = async (answers: Response[]): Promise<string[]> => [
    ...new Set(await Promise.all(answers.map(async (answer) => `${answer.status} ${await answer.text()}`))),
  ];

  test("for passkeys that nobody holds who asks: somebody else's, signed wrongly, revoked and signed wrongly", async () => {
    const { alex, waiting } = there;
    const blair = await admitted(alex, "blair");
    await revoke(alex, blair);
    const wrongly = { challenge: new Uint8Array(32) };
    const answers = [
      await signIn(alex.passkey, { userHandle: b64u(new TextEncoder().encode(blair.id)) }),
      await signIn(alex.passkey, { userHandle: b64u(new TextEncoder().encode("usr_nobody")) }),
      await signIn(alex.passkey, wrongly),
      await signIn(blair.passkey, wrongly),
    ];
    expect(await bodies(answers)).toEqual([expect.stringMatching(/^401 /)]);
    // Of one that waits no more is told than of one that was never made.
    const unknown = [await signIn(await SoftwarePasskey.create({ person: alex.id })), await signIn(waiting.passkey, wrongly)];
    expect(await bodies(unknown)).toEqual([expect.stringMatching(/^401 /)]);
  });

  test("for every key that is none: malformed, unknown, revoked", async () => {
    const gone = await makeAgent(there.alex, "gone");
    expect(await statusOf(call("DELETE", `/api/v1/agents/${gone.id}`, { cookie: there.alex.cookie }))).toBe(204);
    const keys = ["csk_", "guess", apiKeyFrom(new Uint8Array(64).fill(9)), `${there.agent.key.slice(0, -1)}!`, gone.key];
    for (const path of ["/api/v1/me", "/api/v1/approvals/unknown", "/mcp"]) {
      const method = path === "/mcp" ? "POST" : "GET";
      const answers = await Promise.all(keys.map((key) => send(method, path, { "x-api-key": key })));
      expect(await bodies(answers)).toEqual([expect.stringMatching(/^401 /)]);
    }
  });

  test("for every request that is not a person's to see: unknown, malformed, somebody else's", async () => {
    const casey = await admitted(there.alex, "casey", ["approver"]);
    const ids = [there.requestId, `apr_${"A".repeat(32)}`, "apr_", "x", `${there.requestId.slice(0, -1)}!`];
    for (const [method, rest] of [
      ["GET", "/state"],
      ["POST", "/nonce"],
      ["GET", ""],
    ] as const) {
      const answers = await Promise.all(
        ids.map((id) => call(method, `/a/${id}${rest}`, { cookie: casey.cookie, ...(method === "POST" ? { body: {} } : {}) })),
      );
      expect(await bodies(answers)).toEqual([expect.stringMatching(/^404 /)]);
    }
    const receipts = await Promise.all(ids.map((id) => call("GET", `/api/v1/approvals/${id}/receipt`, { cookie: casey.cookie })));
    expect(await bodies(receipts)).toEqual([expect.stringMatching(/^404 /)]);
  });
});

test("what somebody wrote gets into no header of any answer", async () => {
  const { alex } = there;
  const smuggled = "a\r\nset-cookie: smuggled=1\r\n\r\n<script>";
  expect((await call("POST", "/admin/agents/statement", { cookie: alex.cookie, body: { name: smuggled } })).status).toBe(400);
  expect((await call("POST", "/api/v1/invites", { cookie: alex.cookie, body: { roles: [], groups: [smuggled] } })).status).toBe(400);
  const agent = await makeAgent(alex, "bot\u2028set-cookie: smuggled=1");
  const { request_id: id } = await ask(agent, {
    action: "Deploy\nset-cookie: smuggled=1",
    reason: smuggled,
    payload: { [smuggled]: smuggled },
  });
  await decided(alex, id, "denied", { comment: smuggled });
  const answers = [
    await call("GET", `/a/${id}`, { cookie: alex.cookie }),
    await call("GET", `/api/v1/approvals/${id}`, { key: agent.key }),
    await call("GET", `/api/v1/approvals/${id}/receipt`, { key: agent.key }),
    await call("GET", "/admin/agents", { cookie: alex.cookie }),
    await call("GET", `/a/${encodeURIComponent(smuggled)}`),
    await call("GET", `/?next=${encodeURIComponent(smuggled)}`),
  ];
  for (const answer of answers) {
    expect([...answer.headers].filter(([, value]) => value.includes("smuggled") && !value.startsWith("/?next=%2Fa%2Fa%0D%0A"))).toEqual([]);
    // What the browser has seen of the database, which nobody wrote.
    expect(answer.headers.get("set-cookie") ?? "").toMatch(/^(?:__Host-countersign-seen=[\w-]+\.; Max-Age=600; [\w =/;]+)?$/);
    await answer.body?.cancel();
  }
});

describe("cookies that somebody else planted", () => {
  test("signing in makes a session of its own, never the planted one", async () => {
    const planted = `__Host-countersign=${b64u(new Uint8Array(32).fill(7))}`;
    const body = await signInBody(there.alex.passkey);
    const answer = await call("POST", "/sign-in/finish", { cookie: planted, body });
    expect(answer.status).toBe(200);
    expect(cookieOf(answer)).not.toBe(planted);
    expect(await statusOf(call("GET", "/api/v1/me", { cookie: planted }))).toBe(401);
    expect(answer.headers.get("set-cookie")).toMatch(
      /^__Host-countersign=[\w-]{43}; Max-Age=604800; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
  });

  test("a name without the prefix, which other sites of the domain could set, opens nothing", async () => {
    const token = there.alex.cookie.split("=")[1] ?? "";
    for (const name of ["countersign", "__Secure-countersign", "__host-countersign", "__Host-Countersign", " __Host_countersign"]) {
      expect(await statusOf(call("GET", "/api/v1/me", { cookie: `${name}=${token}` }))).toBe(401);
    }
  });

  test("signing in with a session opens a second and changes nothing of the first", async () => {
    const before = await rowsOf("session");
    expect((await signIn(there.alex.passkey)).status).toBe(200);
    expect(await rowsOf("session")).toBe(before + 1);
  });
});
