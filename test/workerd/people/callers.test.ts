/** Who is calling, from where, and with what body: refused before anything else is looked at. */
import { env, exports } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { apiKeyFrom } from "#countersign/documents/api-key.ts";
import { readJsonText } from "#http/read-body.ts";
import { call, enrolFirst, makeAgent, ORIGIN, outcome, rowsOf, type Someone, someText } from "#test/workerd/support/people.ts";

let alex: Someone;
let key: string;
beforeAll(async () => {
  alex = await enrolFirst();
  ({ key } = await makeAgent(alex));
});

const strangersKey = apiKeyFrom(new Uint8Array(64).fill(9));

describe("people's routes", () => {
  const routes: [string, string][] = [
    ["GET", "/api/v1/me"],
    ["GET", "/api/v1/agents"],
    ["POST", "/api/v1/agents"],
    ["DELETE", "/api/v1/agents/agt_unknown"],
    ["POST", "/admin/agents/statement"],
  ];

  test.each(routes)("%s %s: 401 for nobody and for bad credentials, 403 for agents", async (method, path) => {
    const unauthorized = [401, "unauthorized"];
    expect(await outcome(await call(method, path))).toEqual(unauthorized);
    expect(await outcome(await call(method, path, { cookie: "__Host-countersign=guess" }))).toEqual(unauthorized);
    expect(await outcome(await call(method, path, { key: "csk_guess" }))).toEqual(unauthorized);
    expect(await outcome(await call(method, path, { key: strangersKey }))).toEqual(unauthorized);
    expect(await outcome(await call(method, path, { key: strangersKey, cookie: alex.cookie }))).toEqual(unauthorized);
    const forbidden = [403, "forbidden"];
    expect(await outcome(await call(method, path, { key }))).toEqual(forbidden);
    expect(await outcome(await call(method, path, { key, cookie: alex.cookie }))).toEqual(forbidden);
    expect(await outcome(await call(method, path, { headers: { authorization: `Bearer ${key}` } }))).toEqual(forbidden);
  });

  test.each(routes.filter(([method]) => method !== "GET"))("%s %s: 403 unless it comes from our own page", async (method, path) => {
    for (const origin of [null, "https://evil.example", "null"]) {
      expect(await outcome(await call(method, path, { cookie: alex.cookie, origin }))).toEqual([403, "forbidden"]);
    }
  });
});

describe("an agent's key", () => {
  const as = (headers: Record<string, string>) => call("GET", "/api/v1/me", { headers });

  test("may be given twice if it is the same", async () => {
    expect(await outcome(await as({ "x-api-key": key, authorization: `Bearer ${key}` }))).toEqual([403, "forbidden"]);
    expect(await outcome(await as({ "x-api-key": key, authorization: `Bearer ${strangersKey}` }))).toEqual([401, "unauthorized"]);
  });

  test("comes as a bearer's, no other scheme", async () => {
    expect(await outcome(await as({ authorization: `bearer ${key}` }))).toEqual([403, "forbidden"]);
    for (const authorization of [key, `Basic ${key}`, `Bearer ${key} ${key}`, "Bearer", ""]) {
      expect(await outcome(await as({ authorization }))).toEqual([401, "unauthorized"]);
    }
  });

  test("says with its refusal how to authenticate", async () => {
    const answer = await as({ "x-api-key": "csk_guess" });
    expect(answer.headers.get("www-authenticate")).toBe("Bearer");
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(await answer.json()).toEqual({
      type: "about:blank",
      title: "Not authenticated",
      status: 401,
      detail: someText,
      code: "unauthorized",
    });
  });
});

test.each(["evil.example", "gate.example.com:8443", "127.0.0.1"])("under the name %s nothing is served", async (host) => {
  for (const path of ["/", "/setup", "/api/v1/me"]) {
    const answer = await exports.default.fetch(new Request(`https://${host}${path}`, { headers: { cookie: alex.cookie } }));
    expect(await outcome(answer)).toEqual([403, "forbidden"]);
  }
});

describe("bodies", () => {
  const send = (body: BodyInit | null, contentType: string | null = "application/json") =>
    exports.default.fetch(
      new Request(`${ORIGIN}/admin/agents/statement`, {
        method: "POST",
        body,
        headers: { origin: ORIGIN, cookie: alex.cookie, ...(contentType === null ? {} : { "content-type": contentType }) },
      }),
    );

  test.each(["application/json", "application/json; charset=utf-8", "Application/JSON"])("may be %s", async (contentType) => {
    expect((await send('{"name":"bot"}', contentType)).status).toBe(200);
  });

  test.each(["text/plain", "application/x-www-form-urlencoded", "application/jsonp", null])("may not be %s", async (contentType) => {
    expect(await outcome(await send(new TextEncoder().encode('{"name":"bot"}'), contentType))).toEqual([415, "unsupported_media_type"]);
  });

  test.each([
    ["nothing", ""],
    ["cut off", '{"name":'],
    ["a trailing comma", '{"name":"bot",}'],
    ["a key twice", '{"name":"bot","name":"tob"}'],
    ["__proto__", '{"name":"bot","__proto__":{}}'],
    ["half a surrogate pair", '{"name":"\\ud800"}'],
    ["no object", '["bot"]'],
  ])("must be strict JSON: %s", async (_, text) => {
    expect(await outcome(await send(text))).toEqual([400, "invalid_request"]);
  });

  test("must be UTF-8", async () => {
    expect(await outcome(await send(Uint8Array.of(0x22, 0xff, 0x22)))).toEqual([400, "invalid_request"]);
  });

  test("may not be larger than 1 MiB, said or unsaid", async () => {
    const tooLarge = JSON.stringify({ name: "a".repeat(1024 * 1024) });
    expect(await outcome(await send(tooLarge))).toEqual([413, "payload_too_large"]);
    const unsaid = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(tooLarge));
        controller.close();
      },
    });
    expect(await outcome(await send(unsaid))).toEqual([413, "payload_too_large"]);
  });

  test("are read no further than that, and whole up to there", async () => {
    const piece = new Uint8Array(1024).fill(0x20);
    const pieces = (most: number) => {
      let given = 0;
      const body = new ReadableStream<Uint8Array>({
        pull: (controller) => (given++ < most ? controller.enqueue(piece) : controller.close()),
      });
      const headers = { "content-type": "application/json" };
      return { given: () => given, request: new Request("https://gate.example.com/", { method: "POST", headers, body }) };
    };
    const endless = pieces(Number.POSITIVE_INFINITY);
    expect(await readJsonText(endless.request, 4 * 1024)).toMatchObject({ ok: false, refusal: { code: "payload_too_large" } });
    expect(endless.given()).toBeLessThan(8);
    expect(await readJsonText(pieces(4).request, 4 * 1024)).toEqual({ ok: true, value: " ".repeat(4 * 1024) });
    expect(await readJsonText(pieces(0).request, 4 * 1024)).toEqual({ ok: true, value: "" });
  });

  test("that do not fit make nothing", async () => {
    expect(await rowsOf("agent")).toBe(1);
    expect(await env.DB.prepare("SELECT name FROM agent").first("name")).toBe("release-bot");
  });
});
