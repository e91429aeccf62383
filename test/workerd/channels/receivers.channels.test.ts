/** The network that tests of channels run on: what it is told it does, on real sockets. */
import { beforeEach, expect, it } from "vitest";
import { receivers } from "#test/workerd/support/channels/receivers.ts";

beforeEach(() => receivers.reset());

const HOST = "hooks.example.com";
const post = async (body: string) =>
  await fetch(`https://${HOST}/in?a=1`, { method: "POST", body, headers: { "x-one": "two" }, redirect: "manual" });

it("answers as it is told, one after the other, and remembers what it was sent", async () => {
  await receivers.answer(HOST, { status: 503, headers: { "retry-after": "7" }, body: "later" }, { status: 204 });
  const first = await post("{}");
  expect([first.status, first.headers.get("retry-after"), await first.text()]).toEqual([503, "7", "later"]);
  expect((await post("ü")).status).toBe(204);
  expect((await post("3")).status).toBe(204);
  expect(await receivers.requests(HOST)).toMatchObject([
    { host: HOST, method: "POST", path: "/in?a=1", headers: { "x-one": "two" }, body: "{}", bodyBase64: "e30=" },
    { body: "ü" },
    { body: "3" },
  ]);
  await receivers.reset();
  expect((await post("4")).status).toBe(404);
  expect(await receivers.requests("other.example.com")).toEqual([]);
});

it("breaks the connection, before the answer and amid it, and says what is no HTTP", async () => {
  for (const does of ["breaks", "garbage"] as const) {
    await receivers.answer(HOST, { does });
    await expect(post("{}")).rejects.toThrow(/connection|network|disconnect|HTTP|internal/i);
  }
  await receivers.answer(HOST, { does: "breaks off" });
  const broken = await post("{}");
  await expect(broken.text()).rejects.toThrow(/connection|network|disconnect|HTTP|internal/i);
});

it("hangs until it is released", async () => {
  await receivers.answer(HOST, { does: "hangs", status: 202 });
  const hanging = post("{}");
  await expect.poll(async () => (await receivers.requests(HOST)).length).toBe(1);
  await receivers.release();
  expect((await hanging).status).toBe(202);
});

it("resolves names as a public resolver does, and refuses what is no question", async () => {
  await receivers.resolve("inside.example", ["10.0.0.1"]);
  const ask = async (query: string, accept = "application/dns-json") =>
    await fetch(`https://resolver.example/dns-query?${query}`, { headers: { accept } });
  expect(await (await ask("name=inside.example&type=A")).json()).toMatchObject({
    Status: 0,
    Answer: [{ type: 5 }, { type: 1, data: "10.0.0.1" }],
  });
  expect(await (await ask("name=inside.example&type=AAAA")).json()).toEqual({ Status: 0, TC: false });
  expect((await ask("name=inside.example&type=A", "text/html")).status).toBe(400);
});
