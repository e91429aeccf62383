/** Requests as bytes, which no HTTP client would send: what they say of the host must not matter. */
import { connect } from "node:net";
import { describe, expect, inject, test } from "vitest";

/** The status of the answer to these lines; 0 if the connection is closed without one. */
function statusOf(lines: readonly string[]): Promise<number> {
  const { port } = new URL(inject("service").origin);
  return new Promise((resolve, fail) => {
    let answer = "";
    const socket = connect(Number(port), "127.0.0.1", () => socket.write(`${lines.join("\r\n")}\r\n\r\n`));
    socket.setEncoding("latin1");
    socket.setTimeout(10_000, () => socket.destroy(new Error("no answer")));
    socket.on("data", (chunk: string) => {
      answer += chunk;
      if (answer.includes("\r\n")) socket.destroy();
    });
    socket.on("error", fail);
    socket.on("close", () => resolve(Number(/^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1] ?? 0)));
  });
}

const { host } = new URL("http://localhost");
const ours = (): string => new URL(inject("service").origin).host;

test("as it should be, it is served: so what is refused below is refused for its host", async () => {
  expect(await statusOf(["GET / HTTP/1.1", `Host: ${ours()}`, "Connection: close"])).toBe(200);
});

describe("the host", () => {
  test.each([
    ["another", () => ["GET / HTTP/1.1", "Host: evil.example"]],
    ["ours with another port", () => ["GET / HTTP/1.1", `Host: ${host}:1`]],
    ["by its number", () => ["GET / HTTP/1.1", `Host: 127.0.0.1:${ours().split(":")[1] ?? ""}`]],
    ["none", () => ["GET / HTTP/1.0"]],
    ["empty", () => ["GET / HTTP/1.1", "Host:"]],
    ["two of them, ours first", () => ["GET / HTTP/1.1", `Host: ${ours()}`, "Host: evil.example"]],
    ["two of them, ours last", () => ["GET / HTTP/1.1", "Host: evil.example", `Host: ${ours()}`]],
    ["ours behind a user", () => ["GET / HTTP/1.1", `Host: ${ours()}@evil.example`]],
    ["another, in the request's own line", () => ["GET http://evil.example/ HTTP/1.1", "Host: evil.example"]],
  ])("%s: nothing is served", async (_, lines) => {
    // Two hosts make an address that is none, of which the Worker says 503; at Cloudflare they do not come as far.
    expect([400, 403, 503]).toContain(await statusOf([...lines(), "Connection: close"]));
  });

  test("another in the request's own line and ours beside it: whichever counts, no door opens", async () => {
    const line = "GET http://evil.example/api/v1/me HTTP/1.1";
    expect([400, 401, 403]).toContain(await statusOf([line, `Host: ${ours()}`, "Connection: close"]));
  });
});

describe("a request's line", () => {
  test.each(["/assets/../api/v1/me", "/assets/%2e%2e/api/v1/me", "//api/v1/me", "/./api/v1/me", "/api/v1/../v1/me", "/%2fapi/v1/me"])(
    "%s: no way past the door",
    async (path) => {
      expect([400, 401, 404]).toContain(await statusOf([`GET ${path} HTTP/1.1`, `Host: ${ours()}`, "Connection: close"]));
    },
  );

  test.each(["TRACE", "CONNECT"])("%s is no method here", async (method) => {
    expect(await statusOf([`${method} / HTTP/1.1`, `Host: ${ours()}`, "Connection: close"])).not.toBe(200);
  });
});
