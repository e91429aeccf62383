/** Who is served which page. What the pages look like and do is tested in a browser. */
import { abortAllDurableObjects } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { call, enrolFirst, makeAgent, outcome, textWith } from "#test/workerd/support/people.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

beforeEach(emptyStorage);

const page = (path: string, cookie?: string) => call("GET", path, { cookie, headers: { accept: "text/html" } });
const textOf = async (response: Response) => ({ status: response.status, text: await response.text() });

describe("/setup", () => {
  test("is open until somebody is enrolled", async () => {
    const open = await textOf(await page("/setup"));
    expect(open).toMatchObject({ status: 200, text: textWith("Create passkey") });
    await enrolFirst();
    const closed = await textOf(await page("/setup"));
    expect(closed.status).toBe(410);
    expect(closed.text).not.toContain("Create passkey");
  });

  test("is closed, with the reason, while the log cannot serve", async () => {
    await page("/setup");
    await env.DB.prepare("UPDATE log SET state = 'frozen'").run();
    await abortAllDurableObjects();
    const answer = await page("/setup");
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ code: "unavailable", detail: textWith("frozen") });
  });
});

describe("signed out", () => {
  test("/ is where to sign in, and remembers where to", async () => {
    const { status, text } = await textOf(await page("/?next=/admin/agents"));
    expect(status).toBe(200);
    expect(text).toContain("Sign in with passkey");
    expect(text).toContain('data-next="/admin/agents"');
  });

  test.each(["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/%0a\n//evil.example"])(
    "/ leads to no other site: %s",
    async (next) => {
      const { text } = await textOf(await page(`/?next=${encodeURIComponent(next)}`));
      expect(text).toContain('data-next="/"');
      expect(text).not.toContain("evil");
    },
  );

  test.each(["/admin/agents", "/admin/people", "/account", "/a/apr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"])(
    "%s asks to sign in first",
    async (path) => {
      const answer = await page(path);
      expect(answer.status).toBe(303);
      expect(answer.headers.get("location")).toBe(`/?next=${encodeURIComponent(path)}`);
      expect(await answer.text()).toBe("");
    },
  );
});

test("/admin/agents is for admins, and shows agents without their keys", async () => {
  const alex = await enrolFirst();
  const agent = await makeAgent(alex);
  const shown = await textOf(await page("/admin/agents", alex.cookie));
  expect(shown).toMatchObject({ status: 200, text: textWith("release-bot") });
  expect(shown.text).not.toContain(agent.key);

  await env.DB.prepare(`UPDATE person SET roles = '["approver"]'`).run();
  const refused = await textOf(await page("/admin/agents", alex.cookie));
  expect(refused.status).toBe(403);
  expect(refused.text).not.toContain("release-bot");
});

test("/admin/people is for admins, and for auditors to read, and shows passkeys by their digits", async () => {
  const alex = await enrolFirst();
  const { passkeys } = await (await call("GET", "/api/v1/me", { cookie: alex.cookie })).json<{ passkeys: [{ words: string }] }>();
  const shown = await textOf(await page("/admin/people", alex.cookie));
  expect(shown).toMatchObject({ status: 200, text: textWith(passkeys[0].words) });

  await env.DB.prepare(`UPDATE person SET roles = '["auditor"]'`).run();
  const read = await textOf(await page("/admin/people", alex.cookie));
  expect(read).toMatchObject({ status: 200, text: textWith(passkeys[0].words) });
  expect(read.text).not.toContain("Revoke");

  await env.DB.prepare(`UPDATE person SET roles = '["approver"]'`).run();
  const refused = await textOf(await page("/admin/people", alex.cookie));
  expect(refused.status).toBe(403);
  expect(refused.text).not.toContain(passkeys[0].words);
});

test("/account is for everybody who is signed in", async () => {
  const alex = await enrolFirst();
  await env.DB.prepare(`UPDATE person SET roles = '[]'`).run();
  const shown = await textOf(await page("/account", alex.cookie));
  expect(shown).toMatchObject({ status: 200, text: textWith("you are signed in with it") });
  expect(shown.text).not.toContain("/admin/");
});

test.each(["/enrol", "/enrol/waiting"])("%s is the same for everybody", async (path) => {
  const alex = await enrolFirst();
  const [open, signedIn] = [await textOf(await page(path)), await textOf(await page(path, alex.cookie))];
  expect(open.status).toBe(200);
  expect(signedIn.text).toBe(open.text);
});

test.each(["/", "/admin/agents", "/admin/people", "/account", "/a/apr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"])(
  "no key opens %s",
  async (path) => {
    const alex = await enrolFirst();
    const { key } = await makeAgent(alex);
    expect(await outcome(await call("GET", path, { key }))).toEqual([403, "forbidden"]);
    expect(await outcome(await call("GET", path, { key, cookie: alex.cookie }))).toEqual([403, "forbidden"]);
    expect(await outcome(await call("GET", path, { key: "csk_guess", cookie: alex.cookie }))).toEqual([401, "unauthorized"]);
  },
);
