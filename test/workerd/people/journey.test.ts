/** The first person's whole way in, and an agent's way in and out, from outside. */
import { beforeAll, expect, test } from "vitest";
import {
  call,
  cookieOf,
  enrolFirst,
  makeAgent,
  offerFirstPasskey,
  outcome,
  signIn,
  type Someone,
  someText,
  textLike,
} from "#test/workerd/support/people.ts";

let alex: Someone;
beforeAll(async () => {
  alex = await enrolFirst();
});

test("the first person is admin and approver, and signed in", async () => {
  const me = await call("GET", "/api/v1/me", { cookie: alex.cookie });
  expect(me.headers.get("cache-control")).toBe("no-store");
  expect(await me.json()).toEqual({
    id: alex.id,
    username: "alex",
    display_name: "Alex Example",
    roles: ["admin", "approver"],
    groups: [],
    admin_passkeys: 1,
    passkeys: [
      {
        credential_id: alex.passkey.credentialId,
        name: "",
        created_at: someText,
        revoked_at: null,
        backup_eligible: false,
        counter_back_at: null,
        fingerprint: textLike(/^[0-9a-f]{64}$/),
        words: textLike(/^\d{4}( \d{4}){5}$/),
        current: true,
      },
    ],
    waiting: [],
    stop_token: null,
    sessions: [
      {
        id: textLike(/^ses_[0-9a-f]{32}$/),
        credential_id: alex.passkey.credentialId,
        created_at: someText,
        last_seen_at: someText,
        command_line: null,
        ends_at: someText,
        current: true,
      },
    ],
  });
});

test("there is one first person", async () => {
  const again = await call("POST", "/setup/options", { body: { token: "x", username: "b", display_name: "B" } });
  expect(await outcome(again)).toEqual([401, "unauthorized"]);
  await expect(offerFirstPasskey()).resolves.toMatchObject({ status: 403, code: "forbidden" });
});

test("signing out ends the session, signing in opens another", async () => {
  const left = await call("POST", "/sign-out", { cookie: alex.cookie });
  expect(left.status).toBe(204);
  expect(left.headers.get("set-cookie")).toContain("Max-Age=0");
  expect(await outcome(await call("GET", "/api/v1/me", { cookie: alex.cookie }))).toEqual([401, "unauthorized"]);

  const entered = await signIn(alex.passkey);
  expect(entered.status).toBe(200);
  const cookie = entered.headers.get("set-cookie") ?? "";
  expect(cookie).toMatch(/^__Host-countersign=[A-Za-z0-9_-]{43}; Max-Age=604800; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  alex = { ...alex, cookie: cookieOf(entered) ?? "" };
  expect((await call("GET", "/api/v1/me", { cookie: alex.cookie })).status).toBe(200);
});

test("an agent made with the admin's signature is listed without its key, and stops when revoked", async () => {
  const agent = await makeAgent(alex);
  expect(agent).toEqual({
    id: textLike(/^agt_[A-Za-z0-9_-]{22}$/),
    name: "release-bot",
    key: textLike(/^csk_[0-9A-Za-z]{36}$/),
  });

  const listed = await call("GET", "/api/v1/agents", { cookie: alex.cookie });
  const item = {
    id: agent.id,
    name: "release-bot",
    owner: alex.id,
    groups: [],
    created_at: someText,
    revoked_at: null,
    stopped: null,
    key_prefix: agent.key.slice(0, 8),
  };
  const nothing = { waiting: [], changes: [], releases: [], rotations: [] };
  expect(await listed.json()).toEqual({ items: [item], ...nothing });

  expect(await outcome(await call("GET", "/api/v1/me", { key: agent.key }))).toEqual([403, "forbidden"]);
  const remove = () => call("DELETE", `/api/v1/agents/${agent.id}`, { cookie: alex.cookie });
  expect((await remove()).status).toBe(204);
  expect(await outcome(await call("GET", "/api/v1/me", { key: agent.key }))).toEqual([401, "unauthorized"]);
  expect((await remove()).status).toBe(204);

  const relisted = await call("GET", "/api/v1/agents", { cookie: alex.cookie });
  expect(await relisted.json()).toEqual({ items: [{ ...item, revoked_at: someText }], ...nothing });
  expect(await outcome(await call("DELETE", "/api/v1/agents/agt_unknown", { cookie: alex.cookie }))).toEqual([404, "not_found"]);
});
