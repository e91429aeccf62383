/** What clients of every family say around a message: the forms they take answers in, the version they speak, how their body is encoded. */
import { exports } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { type Agent, personAndAgent } from "#test/workerd/support/approvals.ts";
import { callWithText, type Era, type Message, messagesOf, post, requestText } from "#test/workerd/support/mcp.ts";
import { call, ORIGIN, textLike, textWith } from "#test/workerd/support/people.ts";

let agent: Agent;
beforeAll(async () => {
  ({ agent } = await personAndAgent());
});

const CURRENT: Era = "2026-07-28";
const OLDER: Era = "2025-11-25";

type Form = "json" | "stream";

/** What a client's `Accept` is answered with: over the versions before 2026-07-28; and over that one, where nothing is told before the end. */
const ACCEPTS: [string, Form, Form][] = [
  ["application/json, text/event-stream", "stream", "json"],
  ["text/event-stream, application/json", "stream", "json"],
  ["text/event-stream,application/json;q=0.1", "stream", "json"],
  ["Application/JSON, Text/Event-Stream", "stream", "json"],
  ["*/*", "json", "json"],
  ["*/*;q=0.8", "json", "json"],
  ["*", "json", "json"],
  ["text/html, image/gif, *; q=.2, */*; q=.2", "json", "json"],
  ["application/json", "json", "json"],
  ["APPLICATION/JSON", "json", "json"],
  ["application/json; charset=utf-8", "json", "json"],
  ["application/*", "json", "json"],
  ["application/json, text/plain, */*", "json", "json"],
  ["application/json, text/event-stream;q=0.5", "json", "json"],
  ["application/json, text/event-stream;q=0", "json", "json"],
  ["application/json;q=high", "json", "json"],
  ["text/event-stream", "stream", "stream"],
  ["TEXT/EVENT-STREAM; q=0.3", "stream", "stream"],
  ["text/*", "stream", "stream"],
  ["application/json;q=0, */*", "stream", "stream"],
];

const formOf = (answer: Response): string | undefined => answer.headers.get("content-type")?.split(";")[0];
const MEDIA_TYPE: Record<Form, string> = { json: "application/json", stream: "text/event-stream" };

const listed = (era: Era, headers: Record<string, string>): Promise<Response> =>
  post(era, "tools/list", null, requestText(era, "tools/list"), { key: agent.key, headers });

/** One message with headers that a record cannot hold. */
const sent = (headers: Headers, body: string): Promise<Response> =>
  exports.default.fetch(new Request(`${ORIGIN}/mcp`, { method: "POST", headers, body }));

/** Asserts that all tools are told, in that form. */
async function expectTools(answer: Response, form: Form): Promise<void> {
  expect([answer.status, formOf(answer)]).toEqual([200, MEDIA_TYPE[form]]);
  const messages = await messagesOf(answer);
  expect(messages).toMatchObject([{ id: 7, result: { tools: [{}, {}, {}, {}, {}, {}, {}] } }]);
}

describe("the header Accept", () => {
  it.each(ACCEPTS)("%s is answered in a form that it takes", async (accept, older, current) => {
    await expectTools(await listed(OLDER, { accept }), older);
    await expectTools(await listed(CURRENT, { accept }), current);
  });

  it("none, and one in several headers, are answered as well", async () => {
    const body = requestText(OLDER, "tools/list");
    const several = new Headers({ "x-api-key": agent.key, "content-type": "application/json", "mcp-protocol-version": OLDER });
    await expectTools(await sent(several, body), "json");
    several.append("accept", "text/plain");
    several.append("accept", "application/json");
    await expectTools(await sent(several, body), "json");
    several.append("accept", "text/event-stream");
    await expectTools(await sent(several, body), "stream");
  });

  it.each(["text/html", "application/xml, text/plain", "application/json;q=0", "*/*;q=0", "application/jsonp", "text/event-stream;q=0.0"])(
    "%s takes neither form: 406, with a code, and nothing is asked",
    async (accept) => {
      for (const era of [OLDER, CURRENT] as const) {
        const answer = await listed(era, { accept });
        expect(answer.status).toBe(406);
        expect(await answer.json()).toMatchObject({ code: "not_acceptable", detail: textWith("application/json") });
      }
    },
  );

  it.each(["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"])(
    "a handshake for %s, and a call after it, take JSON alone",
    async (version) => {
      for (const accept of ["application/json", "*/*"]) {
        const params = `"protocolVersion":"${version}","capabilities":{},"clientInfo":{"name":"test","version":"1"}`;
        const key = { key: agent.key };
        const greeted = await post(OLDER, "initialize", null, requestText(OLDER, "initialize", params), {
          ...key,
          headers: { accept, "mcp-protocol-version": "" },
        });
        expect(formOf(greeted)).toBe("application/json");
        expect(await greeted.json()).toMatchObject({ id: 7, result: { protocolVersion: version } });
        const noted = await post(OLDER, "notifications/initialized", null, '{"jsonrpc":"2.0","method":"notifications/initialized"}', {
          ...key,
          headers: { accept, "mcp-protocol-version": version },
        });
        expect(noted.status).toBe(202);
        await expectTools(await listed(OLDER, { accept, "mcp-protocol-version": version }), "json");
      }
    },
  );

  it("a list of messages is answered by a list of answers in one document", async () => {
    const text = `[${requestText(OLDER, "tools/list")},${requestText(OLDER, "ping").replace('"id":7', '"id":8')}]`;
    const answer = await post(OLDER, "tools/list", null, text, { key: agent.key, headers: { accept: "application/json" } });
    const answers = await answer.json<Message[]>();
    expect([answer.status, answers.map(({ id }) => id).toSorted()]).toEqual([200, [7, 8]]);
  });

  it("who takes no stream is told of no progress and gets the answer alone; who takes anything is told of it", async () => {
    for (const era of [OLDER, CURRENT] as const) {
      const args = (accept: string) => `{"action":"Deploy","payload":{"to":"${accept} ${era}"},"wait_seconds":1}`;
      const told = async (accept: string): Promise<[string | undefined, (string | undefined)[]]> => {
        const answer = await callWithText(era, "request_human_approval", args(accept), { key: agent.key, headers: { accept } }, "t");
        return [formOf(answer), (await messagesOf(answer)).map(({ method, result }) => method ?? result?.structuredContent.status)];
      };
      expect(await told("application/json")).toEqual(["application/json", ["pending"]]);
      expect(await told("*/*")).toEqual(["text/event-stream", ["notifications/progress", "pending"]]);
    }
  });
});

describe("a version in the header that nobody serves", () => {
  const text: Record<string, string> = {
    request: requestText(OLDER, "tools/list"),
    handshake: requestText(OLDER, "initialize", '"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}'),
    notification: '{"jsonrpc":"2.0","method":"notifications/initialized"}',
    list: `[${requestText(OLDER, "tools/list")}]`,
  };
  const IDS: Record<string, number | null> = { request: 7, handshake: 7, notification: null, list: null };

  it.each(["2099-01-01", "2026-01-01", "1900-01-01", "2025-06-1", "1.0", "latest", "DRAFT-2026-v1"])(
    "%s is refused by its own code, with those that are served",
    async (version) => {
      for (const [kind, body] of Object.entries(text)) {
        const answer = await post(OLDER, "tools/list", null, body, { key: agent.key, headers: { "mcp-protocol-version": version } });
        expect([kind, answer.status]).toEqual([kind, 400]);
        expect(await answer.json()).toEqual({
          jsonrpc: "2.0",
          id: IDS[kind],
          error: {
            code: -32_022,
            message: textWith("version"),
            data: {
              supported: ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05", "2024-10-07"],
              requested: version,
            },
          },
        });
      }
    },
  );

  it("in the message alone, or there as well, it is refused by the same code; a handshake settles on one that is served", async () => {
    const alone = requestText(CURRENT, "tools/list").replace(CURRENT, "2099-01-01");
    for (const header of ["", "2099-01-01"]) {
      const answer = await post(CURRENT, "tools/list", null, alone, { key: agent.key, headers: { "mcp-protocol-version": header } });
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({
        id: 7,
        error: { code: -32_022, data: { supported: [CURRENT], requested: "2099-01-01" } },
      });
    }
    const params = '"protocolVersion":"2099-01-01","capabilities":{},"clientInfo":{"name":"t","version":"1"}';
    const greeted = await post(OLDER, "initialize", null, requestText(OLDER, "initialize", params), {
      key: agent.key,
      headers: { "mcp-protocol-version": "", accept: "application/json" },
    });
    expect(await greeted.json()).toMatchObject({ result: { protocolVersion: OLDER } });
  });
});

describe("how a body is encoded", () => {
  const list = requestText(OLDER, "tools/list");
  const rest = (text: BodyInit, headers: Record<string, string> = {}) =>
    call("POST", "/api/v1/approvals", { key: agent.key, origin: null, headers: { "content-type": "application/json", ...headers }, text });
  const mcp = (text: BodyInit, headers: Record<string, string> = {}) =>
    post(OLDER, "tools/list", null, text, { key: agent.key, headers: { accept: "application/json", ...headers } });
  const gzipped = async (text: string): Promise<ArrayBuffer> =>
    new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer();

  it("compressed, or with any other coding, it is 415 and says so, compressed or not", async () => {
    for (const coding of ["gzip", "GZIP", "deflate", "br", "zstd", "identity, gzip", "x-gzip"]) {
      for (const send of [rest, mcp]) {
        for (const body of [await gzipped(list), list]) {
          const answer = await send(body, { "content-encoding": coding });
          expect([coding, answer.status]).toEqual([coding, 415]);
          expect(await answer.json()).toMatchObject({ code: "unsupported_media_type", detail: textWith("Content-Encoding") });
        }
      }
    }
    expect((await mcp(list, { "content-encoding": "identity" })).status).toBe(200);
  });

  it.each(["utf-16", "UTF-16LE", "iso-8859-1", '"windows-1252"', "shift_jis"])("charset=%s is 415", async (charset) => {
    for (const send of [rest, mcp]) {
      const answer = await send(list, { "content-type": `application/json; charset=${charset}` });
      expect(answer.status).toBe(415);
      expect(await answer.json()).toMatchObject({ code: "unsupported_media_type", detail: textWith("UTF-8") });
    }
  });

  it.each([
    "application/json;charset=UTF-8",
    'application/json; charset="utf-8"',
    "application/json; charset=utf8",
    "Application/Json; v=1",
  ])("%s is taken", async (type) => {
    expect((await mcp(list, { "content-type": type })).status).toBe(200);
  });

  it("a byte order mark is refused by its name", async () => {
    const overRest = await rest(`\ufeff{"action":"Deploy","payload":{}}`);
    expect(overRest.status).toBe(400);
    expect(await overRest.json()).toMatchObject({ code: "invalid_request", detail: textWith("byte order mark") });
    const overMcp = await mcp(`\ufeff${list}`);
    expect(overMcp.status).toBe(400);
    expect(await overMcp.json()).toMatchObject({
      id: null,
      error: { code: -32_700, message: textWith("byte order mark"), data: { code: "invalid_request" } },
    });
  });

  it("UTF-16 and UTF-32, with their byte order marks and without, are refused by their names", async () => {
    const wide = (text: string, bytes: 2 | 4, littleEndian: boolean): Uint8Array<ArrayBuffer> => {
      const view = new DataView(new ArrayBuffer(text.length * bytes));
      for (const [index, unit] of [...text].entries()) {
        if (bytes === 2) view.setUint16(index * 2, unit.charCodeAt(0), littleEndian);
        else view.setUint32(index * 4, unit.charCodeAt(0), littleEndian);
      }
      return new Uint8Array(view.buffer);
    };
    for (const mark of ["\ufeff", ""]) {
      for (const bytes of [2, 4] as const) {
        for (const littleEndian of [true, false]) {
          for (const send of [rest, mcp]) {
            const answer = await send(wide(mark + list, bytes, littleEndian));
            expect(answer.status).toBe(400);
            expect(await answer.json()).toMatchObject({ code: "invalid_request", detail: textLike(/UTF-16 or UTF-32.*byte order mark/) });
          }
        }
      }
    }
  });
});

describe("another name of the host", () => {
  it("is told the right one: programs in the refusal, people by a link as well", async () => {
    for (const path of ["/mcp", "/api/v1/approvals"]) {
      const answer = await call("POST", path, { key: agent.key, origin: null, headers: { host: "old.example.com" }, body: {} });
      expect(answer.status).toBe(403);
      expect(await answer.json()).toMatchObject({ code: "forbidden", detail: textWith(ORIGIN) });
    }
    const headers = { host: "old.example.com", accept: "text/html,application/xhtml+xml" };
    const page = await call("GET", "/a/apr_1?from=mail", { headers });
    expect([page.status, formOf(page)]).toEqual([403, "text/html"]);
    const text = await page.text();
    expect(text).toContain(`answers at ${ORIGIN}<`);
    expect(text).toContain(`href="${ORIGIN}/a/apr_1?from=mail"`);
  });
});
