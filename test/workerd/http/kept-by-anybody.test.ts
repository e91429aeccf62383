/**
 * What stands before the Worker keeps what an answer says that anybody may keep (`cache` of wrangler.toml), and gives it to whoever asks
 * next, without their cookie or key being looked at. So that says nothing of who asked, and nothing else says it.
 */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { app } from "#composition/app.ts";
import { type Agent, ask, decided, personAndAgent } from "#test/workerd/support/approvals.ts";
import { codeOf, leaf, logObject } from "#test/workerd/support/log.ts";
import { call, type Someone, textLike } from "#test/workerd/support/people.ts";

const FOR_EVER = "public, max-age=31536000, immutable";
/** Each of the routes that says so, and how long. */
const KEPT: [route: string, address: string, cacheControl: string][] = [
  ["/log/checkpoint", "/log/checkpoint", "public, max-age=2"],
  ["/log/vkey", "/log/vkey", "public, max-age=60"],
  ["/log/keys", "/log/keys", "public, max-age=60"],
  ["/log/tile/*", "/log/tile/0/000.p/2", FOR_EVER],
  ["/log/tile/*", "/log/tile/entries/000.p/2", FOR_EVER],
  ["/log/proof/consistency", "/log/proof/consistency?from=1&to=2", FOR_EVER],
  ["/log/proof/inclusion", "/log/proof/inclusion?index=1&size=2", FOR_EVER],
  ["/log/revealed/:index", "/log/revealed/0", "public, max-age=60"],
  ["/docs", "/docs", "public, max-age=300"],
  ["/docs/*", "/docs/threat-model", "public, max-age=300"],
  ["/docs/*", "/docs/approval-page.png", "public, max-age=300"],
  ["/llms.txt", "/llms.txt", "public, max-age=300"],
];

let person: Someone;
let agent: Agent;
let request: string;
beforeAll(async () => {
  ({ person, agent } = await personAndAgent());
  ({ request_id: request } = await ask(agent));
  await decided(person, request, "denied");
});

it.each(KEPT)("%s: the same for everybody, and no cookie with it: %s", async (_, address, cacheControl) => {
  const [stranger, signedIn, keyed] = await Promise.all([
    call("GET", address),
    call("GET", address, { cookie: `${person.cookie}; __Host-countersign-changed=0123456789ab` }),
    call("GET", address, { key: agent.key }),
  ]);
  const told = async (answer: Response) => [answer.status, Object.fromEntries(answer.headers), await answer.text()];
  const expected = await told(stranger);
  expect(stranger.headers.get("cache-control")).toBe(cacheControl);
  expect(stranger.headers.has("set-cookie")).toBe(false);
  expect([await told(signedIn), await told(keyed)]).toEqual([expected, expected]);
});

describe("every other answer to a GET may be kept by nobody", () => {
  const kept = new Set(KEPT.map(([route]) => route));
  /** Of a log that has ended there is nothing here, and of assets only what the build has made. */
  const routes = app.routes.filter(({ method, path }) => (method === "GET" || method === "ALL") && !kept.has(path) && path !== "/*");
  const paths = [...new Set(routes.map(({ path }) => path))];

  it("of which there are many", () => {
    expect(paths.length).toBeGreaterThan(20);
  });

  it.each(paths)("%s", async (path) => {
    const address = path.replace(":id", request).replaceAll(/:\w+|\*/g, "0");
    for (const caller of [{}, { cookie: person.cookie }, { key: agent.key, origin: null }]) {
      const answer = await call("GET", address, caller);
      await answer.body?.cancel();
      expect([path, answer.status, answer.headers.get("cache-control")]).toEqual([path, answer.status, textLike(/^no-store\b/)]);
    }
  });
});

// Last, because nothing is written to the log from then on.
it("a log that is frozen gives no checkpoint, and says nothing that may be kept", async () => {
  await env.DB.prepare("UPDATE log SET state = 'frozen'").run();
  expect(await codeOf(logObject().append(leaf("one more")))).toBe("log_frozen");
  const answer = await call("GET", "/log/checkpoint");
  expect([answer.status, answer.headers.get("cache-control")]).toEqual([503, "no-store"]);
});
