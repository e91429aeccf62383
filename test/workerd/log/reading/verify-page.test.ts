/** `GET /verify`: for anyone, with this deployment's own key and origin, or without the key while the log does not answer. */
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { app } from "#composition/app.ts";
import { call, ORIGIN } from "#test/workerd/support/people.ts";

it("fills in the log's key and the origin, for anyone", async () => {
  const vkey = (await (await call("GET", "/log/vkey")).text()).trim();
  for (const credentials of [{}, { key: "csk_none" }, { cookie: "__Host-countersign=none" }]) {
    const answer = await call("GET", "/verify", credentials);
    const html = await answer.text();
    expect([answer.status, answer.headers.get("cache-control")]).toEqual([200, "no-store"]);
    expect(html).toContain(`${vkey}</textarea>`);
    expect(html).toContain(`value="${ORIGIN}"`);
  }
});

it("serves receipts of other logs while its own does not answer", async () => {
  const away = {
    getByName: () => {
      throw new Error("the log is away");
    },
  };
  const answer = await app.fetch(new Request(`${ORIGIN}/verify`), { ...env, LOG_SEQUENCER: away });
  const html = await answer.text();
  expect(answer.status).toBe(200);
  expect(html).toContain("This service’s log is not answering");
  expect(html).toMatch(/<textarea id="vkey"[^>]*><\/textarea>/);
});
