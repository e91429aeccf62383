/**
 * A stolen session, route by route: what it can do, and that nothing of it is authority. Every route that changes something
 * has to be told here what it needs; a new one fails this file until it is.
 */
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Me } from "#api/people-data.ts";
import type { Assertion } from "#countersign/documents/record.ts";
import { type Ceremony, SoftwarePasskey } from "#countersign/testing/software-passkey.ts";
import { rotated } from "#test/workerd/support/agents/keys.ts";
import { ask, openPage } from "#test/workerd/support/approvals.ts";
import { ANY, deniedAlike } from "#test/workerd/support/alike.ts";
import { APPROVING } from "#test/workerd/support/deciding/batch.ts";
import { beginPairing } from "#test/workerd/support/sessions/pairing.ts";
import { messages, putContact, putPush } from "#test/workerd/support/channels/channels-in-force.ts";
import { putServerGrant } from "#test/workerd/support/servers/servers-in-force.ts";
import { SERVER } from "#test/workerd/support/servers/signed-servers.ts";
import { putGrants, scalingGrant } from "#test/workerd/support/grants/put-grants.ts";
import { WEBHOOK } from "#test/workerd/support/channels/signed-channels.ts";
import { authority, gained, LEFT, ROUTES, type Scene, scene, SIGNED, type Unsigned } from "#test/workerd/support/attacks.ts";
import {
  codeOf,
  addPasskey,
  admitted,
  confirm,
  draft,
  enrolInvited,
  given,
  introduce,
  invite,
  offerInvited,
  personOf,
  sendRoles,
} from "#test/workerd/support/invited.ts";
import {
  authorise,
  call,
  introduction,
  ORIGIN,
  outcome,
  register,
  type RegistrationOffer,
  rowsOf,
  signIn,
} from "#test/workerd/support/people.ts";
import { awayWish, device, ownSignature, sendAway, statementOfAway, waitingContact } from "#test/workerd/support/channels/notifications.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";
import { oneIn } from "#test/support/every-case.ts";

/**
 * signed: by a passkey of the person's, or nothing happens. agents: an agent's key, and a session is refused. Of the rest a
 * session may do everything: draft gives something to sign; waits makes a passkey that an admin has yet to sign for; words
 * are names, invitations, questions, tests that nothing comes of, more time to decide, and where and when the person is told; again sends what somebody was told before, or a test, to where admins
 * have signed for; reads changes nothing; narrows takes authority away; closed is over once somebody is enrolled, is answered for OAuth,
 * which there is not, or needs a stop token, a command line's code or key, or Slack's signature; outside asks a server, which here is none that answers, and what comes of
 * it has to be signed (servers/connecting.channels.test.ts).
 */
type Needs = "signed" | "agents" | "draft" | "waits" | "words" | "again" | "reads" | "narrows" | "closed" | "outside";

const NEEDS: Record<string, Needs> = {
  "POST /register": "closed",
  "POST /token": "closed",
  "POST /setup/options": "closed",
  "POST /setup/finish": "closed",
  "POST /enrol/options": "draft",
  "POST /enrol/state": "draft",
  "POST /enrol/finish": "waits",
  "POST /sign-in/options": "draft",
  "POST /sign-in/finish": "signed",
  "POST /sign-out": "narrows",
  "ALL /mcp": "agents",
  "ALL /mcp/": "agents",
  "ALL /mcp/:server": "agents",
  "POST /api/v1/agents/self/delegations": "agents",
  "DELETE /api/v1/agents/self/delegations/:id": "agents",
  "POST /api/v1/approvals": "agents",
  "POST /api/v1/approvals/:id/cancel": "agents",
  "POST /api/v1/approvals/:id/redeem": "agents",
  "POST /api/v1/approvals/:id/outcome": "agents",
  "POST /api/v1/approvals/:id/answer": "agents",
  "POST /api/v1/command-line/pairings": "draft",
  "POST /api/v1/command-line/token": "closed",
  "DELETE /api/v1/command-line": "closed",
  "POST /account/command-line/statement": "draft",
  "POST /api/v1/me/command-lines": "signed",
  "DELETE /api/v1/me/command-lines": "narrows",
  "DELETE /api/v1/me/sessions": "narrows",
  "DELETE /api/v1/me/sessions/:id": "narrows",
  "DELETE /api/v1/sessions": "narrows",
  "DELETE /api/v1/sessions/:id": "narrows",
  "DELETE /api/v1/people/:id/sessions": "narrows",
  "DELETE /api/v1/people/:id/delegations/:delegation": "narrows",
  "PUT /api/v1/me/notifications": "words",
  "POST /api/v1/me/contacts": "words",
  "POST /api/v1/me/contacts/:id/confirm": "words",
  "POST /api/v1/me/contacts/:id/test": "words",
  "DELETE /api/v1/me/contacts/:id": "words",
  "POST /account/delegations/statement": "draft",
  "POST /api/v1/me/delegations": "signed",
  "DELETE /api/v1/me/delegations/:id": "narrows",
  "POST /account/passkeys/options": "draft",
  "POST /account/passkeys/finish": "waits",
  "PUT /account/passkeys/:credential": "words",
  "POST /a/:id/nonce": "draft",
  "POST /a/:id/question": "words",
  "POST /a/:id/time": "words",
  "POST /a/:id/decision": "signed",
  "POST /batch/statement": "draft",
  "POST /batch/decision": "signed",
  "POST /a/:id/alike/statement": "draft",
  "POST /a/:id/alike/decision": "signed",
  "DELETE /api/v1/patterns/:id": "narrows",
  "POST /api/v1/notices/:agent/:number/fine": "words",
  "PUT /api/v1/audit/filters/:name": "words",
  "DELETE /api/v1/audit/filters/:name": "words",
  "POST /admin/agents/statement": "draft",
  "POST /api/v1/agents": "signed",
  "POST /admin/agents/changes/statement": "draft",
  "PUT /api/v1/agents/:id": "signed",
  "DELETE /api/v1/agents/:id": "narrows",
  "POST /api/v1/agents/:id/keys": "signed",
  "DELETE /api/v1/agents/:id/keys/:key": "narrows",
  "POST /api/v1/agents/:id/test-request": "words",
  "POST /api/v1/stop": "narrows",
  "POST /api/v1/stop-by-token": "closed",
  "POST /account/stop-token": "narrows",
  "DELETE /account/stop-token": "narrows",
  "POST /api/v1/release": "signed",
  "POST /api/v1/agents/:id/stop": "narrows",
  "POST /api/v1/agents/:id/release": "signed",
  "POST /api/v1/invites": "words",
  "DELETE /api/v1/invites/:id": "narrows",
  "POST /admin/people/statement": "draft",
  "POST /api/v1/people/:id/passkeys/:credential/confirm": "signed",
  "PUT /api/v1/people/:id/roles": "signed",
  "POST /admin/people/erasure/statement": "draft",
  "POST /api/v1/people/:id/erasure": "signed",
  "DELETE /api/v1/people/:id/passkeys/:credential": "narrows",
  "DELETE /api/v1/signatures/:operation": "narrows",
  "POST /admin/policy/statement": "draft",
  "POST /admin/policy": "reads",
  "POST /api/v1/policies": "signed",
  "POST /api/v1/policies/check": "reads",
  "POST /api/v1/policies/replay": "reads",
  "POST /admin/channels/statement": "draft",
  "POST /api/v1/channels": "signed",
  "PUT /api/v1/channels/:id": "signed",
  "DELETE /api/v1/channels/:id": "narrows",
  "DELETE /api/v1/grants/:id": "narrows",
  "POST /api/v1/channels/:id/test": "again",
  "POST /api/v1/channels/:id/enable": "again",
  "POST /api/v1/channels/:id/replay": "again",
  "POST /api/v1/messages/:id/resend": "again",
  "POST /admin/servers/statement": "draft",
  "POST /api/v1/servers": "signed",
  "PUT /api/v1/servers/:name": "signed",
  "DELETE /api/v1/servers/:name": "narrows",
  "POST /api/v1/servers/:name/tools": "signed",
  "POST /api/v1/servers/:name/tools/refresh": "again",
  "PUT /api/v1/servers/:name/credential": "signed",
  "POST /admin/servers/discovery": "outside",
  "POST /api/v1/servers/:name/connect": "outside",
  "POST /admin/servers/connections/statement": "draft",
  "POST /account/servers/statement": "draft",
  "POST /api/v1/servers/:name/grants": "signed",
  "POST /api/v1/me/servers/:name/grants": "signed",
  "DELETE /api/v1/servers/:name/grants/:id": "narrows",
  "DELETE /api/v1/servers/:name/credential": "narrows",
  "POST /admin/connectors/statement": "draft",
  "POST /api/v1/connectors": "signed",
  "DELETE /api/v1/connectors/:id": "narrows",
  "POST /channels/slack/:id/interactions": "closed",
};
const routesThat = (...needs: Needs[]): string[] => Object.keys(NEEDS).filter((route) => needs.includes(NEEDS[route] as Needs));

/** GET and HEAD change nothing (attacks-requests.test.ts); the log's `ALL` only says that it reads. */
const changing = ROUTES.filter((route) => !route.startsWith("GET ") && !route.startsWith("ALL /log/"));

test("every route that changes something is told here what it needs", () => {
  expect(changing.toSorted()).toEqual(Object.keys(NEEDS).toSorted());
});

test("every route that has to be signed is attacked here", () => {
  expect([...new Set(Object.keys(SIGNED).map((key) => key.split(" ").slice(0, 2).join(" ")))].toSorted()).toEqual(
    routesThat("signed").toSorted(),
  );
});

/** What is told again to whoever sends the same again, and not done again. */
const TOLD_AGAIN: readonly string[] = ["POST /a/:id/alike/decision", "POST /batch/decision"];

/** What has to stop everything before it can be signed for. */
const STOPS_ALL = "POST /api/v1/release";

const ALLOWS_ALL = "type: countersign/policy@v1\ndefaults: { effect: allow }\n";

let there: Scene;
let push: Awaited<ReturnType<typeof putPush>> | null;
/** The one channel of Web Push. */
const pushThere = async () => (push ??= await putPush());
async function anew(): Promise<void> {
  await emptyStorage();
  push = null;
  there = await scene();
}

describe.each(Object.entries(SIGNED))("%s", (route, prepare) => {
  // In order: what was used by the first test is what the second one uses again.
  beforeAll(anew);
  let used: { unsigned: Unsigned; assertion: Assertion };

  test("without the person's own signature a session gets nothing made", async () => {
    const { alex, waiting, requestId } = there;
    const thief = await SoftwarePasskey.create({ person: alex.id });
    const ofAlex = alex.passkey.credentialId;
    const added = await addPasskey(alex);
    const [before, sessions] = [await authority(), await rowsOf("session")];

    const by =
      (passkey: SoftwarePasskey, wrong: Partial<Ceremony> = {}) =>
      (challenge: Uint8Array) =>
        passkey.sign({ challenge, origin: ORIGIN, ...wrong });
    const attempts: [string, string, (challenge: Uint8Array) => undefined | Assertion | Promise<Assertion>][] = [
      ["no signature", ofAlex, () => undefined],
      ["an assertion of nothing", ofAlex, () => ({ client_data_json: "AAAA", authenticator_data: "AAAA", signature: "AAAA" })],
      ["a passkey nobody enrolled", thief.credentialId, by(thief)],
      ["that one, said to be the person's", ofAlex, by(thief)],
      ["the passkey of an invitation, which waits", waiting.passkey.credentialId, by(waiting.passkey)],
      ["a passkey that the session added, which waits", added.passkey.credentialId, by(added.passkey)],
      ["the person's own, at another site", ofAlex, by(alex.passkey, { origin: `${ORIGIN}.evil.example` })],
      ["the person's own, in a frame of another site", ofAlex, by(alex.passkey, { crossOrigin: true })],
      ["the person's own, by whoever found the device", ofAlex, by(alex.passkey, { userVerified: false })],
      ["the person's own, over nothing in particular", ofAlex, by(alex.passkey, { challenge: new Uint8Array(32) })],
    ];
    for (const [attempt, credentialId, forge] of attempts) {
      const unsigned = await prepare(there);
      const answer = await unsigned.send(credentialId, await forge(unsigned.challenge));
      expect([attempt, answer.ok, answer.headers.get("set-cookie")]).toEqual([attempt, false, null]);
      expect(["decision_not_accepted", "unauthorized", "invalid_request"]).toContain((await outcome(answer))[1]);
    }
    expect(gained(before, await authority())).toEqual([]);
    expect(await rowsOf("session")).toBe(sessions);
    // Of what is tried while everything is stopped, nobody could have decided.
    expect(["pending", "cancelled"]).toContain((await openPage(alex, requestId)).state.status);

    // And with it, it is: so what was refused was refused for the signature.
    const unsigned = await prepare(there);
    const assertion = await alex.passkey.sign({ challenge: unsigned.challenge, origin: ORIGIN });
    expect((await unsigned.send(ofAlex, assertion)).ok).toBe(true);
    used = { unsigned, assertion };
  });

  test("a signature serves once", async () => {
    const [before, sessions] = [await authority(), await rowsOf("session")];
    expect((await used.unsigned.send(there.alex.passkey.credentialId, used.assertion)).ok).toBe(TOLD_AGAIN.includes(route));
    expect(await authority()).toEqual(before);
    expect(await rowsOf("session")).toBe(sessions);
  });
});

test("a signature for anything else does not serve, whatever it is for", async () => {
  await anew();
  const { alex } = there;
  const before = await authority();
  const signatures = new Map<string, Assertion>();
  const signatureFor = async (route: string, prepare: (scene: Scene) => Promise<Unsigned>): Promise<Assertion> => {
    const made = signatures.get(route) ?? (await alex.passkey.sign({ challenge: (await prepare(there)).challenge, origin: ORIGIN }));
    signatures.set(route, made);
    return made;
  };
  // Last what stops everything to be prepared: the request ends with that.
  const routes = Object.entries(SIGNED);
  const pairs = routes
    .flatMap((one) => routes.filter((other) => other !== one).map((other) => [one, other] as const))
    .toSorted((...both) => both.map((pair) => Number(pair.flat().includes(STOPS_ALL))).reduce((first, second) => first - second));
  for (const [[route, prepare], [other, prepareOther]] of oneIn(3, pairs)) {
    const [unsigned, assertion] = [await prepare(there), await signatureFor(other, prepareOther)];
    const answer = await unsigned.send(alex.passkey.credentialId, assertion);
    const [, code] = await outcome(answer);
    const codes = ["decision_not_accepted", "unauthorized", ...(other === STOPS_ALL ? ["already_final", "invalid_request"] : [])];
    expect(codes, `${route}, with ${other}`).toContain(code);
    // So many would be refused for their number.
    await env.DB.exec("DELETE FROM failure");
  }
  expect(gained(before, await authority())).toEqual([]);
});

describe("what a session may do without a signature adds to nobody's authority:", () => {
  type Act = () => Promise<Response>;
  const asAlex = (method: string, path: string, body?: unknown): Act => {
    const { cookie } = there.alex;
    return () => call(method, path, { cookie, ...(body === undefined ? {} : { body }) });
  };
  const offered = async (): Promise<RegistrationOffer> => {
    const offer = await (await asAlex("POST", "/account/passkeys/options", {})()).json<RegistrationOffer>();
    return { ...offer, person: there.alex.id };
  };

  /** Has Alex out of office; gives the id of that time. */
  const away = async (): Promise<string> => {
    const statement = await statementOfAway(there.alex, awayWish((await admitted(there.alex, "casey")).id));
    return (await given<{ id: string }>(await sendAway(there.alex, await ownSignature(there.alex.passkey, statement)), 201)).id;
  };

  /** The request at its best, prepared; what it needs besides is made before. */
  const ALLOWED: Record<string, () => Act | Promise<Act>> = {
    "POST /setup/options": () => asAlex("POST", "/setup/options", introduction),
    "POST /setup/finish": async () => {
      const offer = await offered();
      const { response } = await register(offer);
      return asAlex("POST", "/setup/finish", { ...introduction, nonce: offer.nonce, person: offer.person, response });
    },
    "POST /enrol/options": async () =>
      asAlex("POST", "/enrol/options", introduce(await invite(there.alex, { roles: ["admin", "approver"] }), "eve")),
    "POST /enrol/finish": async () => {
      const invited = await invite(there.alex, { roles: ["admin", "approver"] });
      const offer = await offerInvited(invited, "eve");
      const { response } = await register(offer);
      return asAlex("POST", "/enrol/finish", { ...introduce(invited, "eve"), nonce: offer.nonce, person: offer.person, response });
    },
    "POST /enrol/state": async () => {
      const code = codeOf(await invite(there.alex, { roles: ["admin", "approver"] }));
      return asAlex("POST", "/enrol/state", { code, credential_id: there.alex.passkey.credentialId });
    },
    "POST /sign-in/options": () => asAlex("POST", "/sign-in/options"),
    "POST /register": () => asAlex("POST", "/register", { redirect_uris: ["https://evil.example"] }),
    "POST /token": () => asAlex("POST", "/token", { grant_type: "client_credentials" }),
    "POST /sign-out": () => asAlex("POST", "/sign-out"),
    "POST /api/v1/command-line/pairings": () => asAlex("POST", "/api/v1/command-line/pairings", { name: "laptop" }),
    "POST /api/v1/command-line/token": async () =>
      asAlex("POST", "/api/v1/command-line/token", { device_code: (await beginPairing("laptop")).user_code }),
    "DELETE /api/v1/command-line": () => asAlex("DELETE", "/api/v1/command-line"),
    "POST /account/command-line/statement": async () =>
      asAlex("POST", "/account/command-line/statement", { code: (await beginPairing("laptop")).user_code }),
    "DELETE /api/v1/me/command-lines": async () =>
      asAlex("DELETE", `/api/v1/me/command-lines?code=${(await beginPairing("laptop")).user_code}`),
    "DELETE /api/v1/me/sessions": () => asAlex("DELETE", "/api/v1/me/sessions"),
    "DELETE /api/v1/me/sessions/:id": async () => {
      const { sessions } = await (await asAlex("GET", "/api/v1/me")()).json<Me>();
      return asAlex("DELETE", `/api/v1/me/sessions/${sessions[0]?.id ?? ""}`);
    },
    "DELETE /api/v1/sessions": () => asAlex("DELETE", "/api/v1/sessions?all=true"),
    "DELETE /api/v1/sessions/:id": async () => {
      const { sessions } = await (await asAlex("GET", "/api/v1/me")()).json<Me>();
      return asAlex("DELETE", `/api/v1/sessions/${sessions[0]?.id ?? ""}`);
    },
    "DELETE /api/v1/people/:id/sessions": async () =>
      asAlex("DELETE", `/api/v1/people/${(await admitted(there.alex, "blair")).id}/sessions`),
    "PUT /api/v1/me/notifications": () =>
      asAlex("PUT", "/api/v1/me/notifications", { order: ["email"], next_after_minutes: 60, zone: "UTC", quiet: null }),
    "POST /api/v1/me/contacts": async () =>
      asAlex("POST", "/api/v1/me/contacts", await device(await pushThere(), "https://push.example.com/thief")),
    "POST /api/v1/me/contacts/:id/confirm": async () => {
      const { id, code } = await waitingContact(there.alex, (await pushThere()).channel);
      return asAlex("POST", `/api/v1/me/contacts/${id}/confirm`, { code });
    },
    "POST /api/v1/me/contacts/:id/test": async () =>
      asAlex("POST", `/api/v1/me/contacts/${await putContact(there.alex.id, (await pushThere()).channel, "{}")}/test`),
    "DELETE /api/v1/me/contacts/:id": async () =>
      asAlex("DELETE", `/api/v1/me/contacts/${await putContact(there.alex.id, (await pushThere()).channel, '{"of":"another"}')}`),
    "POST /account/delegations/statement": async () =>
      asAlex("POST", "/account/delegations/statement", awayWish((await admitted(there.alex, "blair")).id)),
    "DELETE /api/v1/me/delegations/:id": async () => asAlex("DELETE", `/api/v1/me/delegations/${await away()}`),
    "DELETE /api/v1/people/:id/delegations/:delegation": async () =>
      asAlex("DELETE", `/api/v1/people/${there.alex.id}/delegations/${await away()}`),
    "POST /account/passkeys/options": () => asAlex("POST", "/account/passkeys/options", {}),
    "POST /account/passkeys/finish": async () => {
      const offer = await offered();
      return asAlex("POST", "/account/passkeys/finish", { nonce: offer.nonce, response: (await register(offer)).response });
    },
    "PUT /account/passkeys/:credential": () => asAlex("PUT", `/account/passkeys/${there.alex.passkey.credentialId}`, { name: "mine" }),
    "POST /a/:id/nonce": () => asAlex("POST", `/a/${there.requestId}/nonce`, {}),
    "POST /a/:id/question": () => asAlex("POST", `/a/${there.requestId}/question`, { question: "Why?" }),
    "POST /a/:id/time": async () => {
      // Of four minutes all are the last.
      const { request_id: short } = await ask(there.agent, { expires_in_seconds: 240 });
      return asAlex("POST", `/a/${short}/time`, {});
    },
    "POST /a/:id/alike/statement": () => asAlex("POST", `/a/${there.requestId}/alike/statement`, { ...ANY, requests: [there.requestId] }),
    "POST /batch/statement": () => asAlex("POST", "/batch/statement", { ...APPROVING, requests: [there.requestId] }),
    "DELETE /api/v1/patterns/:id": async () => {
      const { pattern } = await deniedAlike(there.alex, there.requestId);
      return asAlex("DELETE", `/api/v1/patterns/${pattern?.id ?? ""}`);
    },
    "POST /admin/agents/statement": () => asAlex("POST", "/admin/agents/statement", { name: "thief" }),
    "POST /admin/agents/changes/statement": () =>
      asAlex("POST", "/admin/agents/changes/statement", { operation: "agent.changed", agent: there.agent.id, groups: ["all"] }),
    "DELETE /api/v1/agents/:id": () => asAlex("DELETE", `/api/v1/agents/${there.agent.id}`),
    "DELETE /api/v1/agents/:id/keys/:key": async () => {
      await rotated(there.alex, there.agent, 24);
      return asAlex("DELETE", `/api/v1/agents/${there.agent.id}/keys/1`);
    },
    "POST /api/v1/agents/:id/test-request": () => asAlex("POST", `/api/v1/agents/${there.agent.id}/test-request`),
    "POST /api/v1/stop-by-token": () => asAlex("POST", "/api/v1/stop-by-token", { agent: null }),
    "POST /account/stop-token": () => asAlex("POST", "/account/stop-token"),
    "DELETE /account/stop-token": () => asAlex("DELETE", "/account/stop-token"),
    "POST /api/v1/stop": () => asAlex("POST", "/api/v1/stop"),
    "POST /api/v1/agents/:id/stop": () => asAlex("POST", `/api/v1/agents/${there.agent.id}/stop`),
    "POST /api/v1/invites": () => asAlex("POST", "/api/v1/invites", { username: "eve", roles: ["admin", "approver"] }),
    "DELETE /api/v1/invites/:id": async () => asAlex("DELETE", `/api/v1/invites/${(await invite(there.alex)).id}`),
    "POST /admin/people/statement": () =>
      asAlex("POST", "/admin/people/statement", { operation: "role.changed", person: there.alex.id, roles: ["admin"], groups: ["all"] }),
    "POST /admin/people/erasure/statement": () => asAlex("POST", "/admin/people/erasure/statement", { person: LEFT }),
    "POST /admin/policy/statement": () => asAlex("POST", "/admin/policy/statement", { source: ALLOWS_ALL, based_on: 0 }),
    "POST /admin/policy": () => () =>
      call("POST", "/admin/policy", {
        cookie: there.alex.cookie,
        text: new URLSearchParams({ policy: ALLOWS_ALL }).toString(),
        headers: { "content-type": "application/x-www-form-urlencoded" },
      }),
    "POST /api/v1/policies/check": () => asAlex("POST", "/api/v1/policies/check", { source: ALLOWS_ALL }),
    "POST /api/v1/policies/replay": () => asAlex("POST", "/api/v1/policies/replay", { source: ALLOWS_ALL }),
    "POST /admin/channels/statement": () => asAlex("POST", "/admin/channels/statement", { draft: "add", name: "thief", settings: WEBHOOK }),
    "DELETE /api/v1/channels/:id": () => asAlex("DELETE", `/api/v1/channels/${there.channel}`),
    "DELETE /api/v1/grants/:id": async () => {
      const id = `grt_${crypto.randomUUID()}`;
      await putGrants(there.alex, [scalingGrant(id, there.agent.id, "api")]);
      return asAlex("DELETE", `/api/v1/grants/${id}`);
    },
    "POST /api/v1/notices/:agent/:number/fine": async () => {
      const noted =
        "INSERT INTO notice (agent, number, at, server, tool, rule, score, reasons, held) VALUES (?, 1, 1, 's', 't', 'r', 30, '[]', 0)";
      await env.AUDIT.prepare(noted).bind(there.agent.id).run();
      return asAlex("POST", `/api/v1/notices/${there.agent.id}/1/fine`);
    },
    "PUT /api/v1/audit/filters/:name": () => asAlex("PUT", "/api/v1/audit/filters/mine", { filter: { q: "export" } }),
    "DELETE /api/v1/audit/filters/:name": () => asAlex("DELETE", "/api/v1/audit/filters/mine"),
    "POST /api/v1/channels/:id/test": () => asAlex("POST", `/api/v1/channels/${there.mail}/test`),
    "POST /api/v1/channels/:id/enable": () => asAlex("POST", `/api/v1/channels/${there.mail}/enable`),
    "POST /api/v1/channels/:id/replay": () => asAlex("POST", `/api/v1/channels/${there.channel}/replay`, { from: "2026-01-01T00:00:00Z" }),
    "POST /api/v1/messages/:id/resend": async () => {
      await asAlex("POST", `/api/v1/channels/${there.mail}/test`)();
      const [message] = await messages("type = 'channel.test'");
      return asAlex("POST", `/api/v1/messages/${message?.id ?? ""}/resend`);
    },
    "POST /admin/servers/statement": () => asAlex("POST", "/admin/servers/statement", { draft: "add", ...SERVER, name: "thief" }),
    "DELETE /api/v1/servers/:name": () => asAlex("DELETE", "/api/v1/servers/tickets"),
    "POST /api/v1/servers/:name/tools/refresh": () => asAlex("POST", "/api/v1/servers/tickets/tools/refresh"),
    "POST /admin/servers/discovery": () => asAlex("POST", "/admin/servers/discovery", { url: "https://localhost/mcp", register: true }),
    "POST /api/v1/servers/:name/connect": () => asAlex("POST", "/api/v1/servers/tickets/connect", {}),
    "POST /admin/servers/connections/statement": async () =>
      asAlex("POST", "/admin/servers/connections/statement", { server: "tickets", grant: await putServerGrant(there.alex.id, null) }),
    "POST /account/servers/statement": async () =>
      asAlex("POST", "/account/servers/statement", { server: "tickets", grant: await putServerGrant(there.alex.id, there.alex.id) }),
    "DELETE /api/v1/servers/:name/grants/:id": async () =>
      asAlex("DELETE", `/api/v1/servers/tickets/grants/${await putServerGrant(there.alex.id, null)}`),
    "DELETE /api/v1/servers/:name/credential": () => asAlex("DELETE", "/api/v1/servers/tickets/credential"),
    "POST /admin/connectors/statement": () => asAlex("POST", "/admin/connectors/statement", { name: "thief", server: "tickets" }),
    "DELETE /api/v1/connectors/:id": () => asAlex("DELETE", `/api/v1/connectors/${there.connector}`),
    "POST /channels/slack/:id/interactions": () => asAlex("POST", `/channels/slack/${there.channel}/interactions`, {}),
    "DELETE /api/v1/people/:id/passkeys/:credential": async () => {
      const blair = await admitted(there.alex, "blair");
      return asAlex("DELETE", `/api/v1/people/${blair.id}/passkeys/${blair.passkey.credentialId}`);
    },
    "DELETE /api/v1/signatures/:operation": async () => {
      const two = { ADMINS_REQUIRED: "2" };
      await admitted(there.alex, "blair", ["admin"]);
      await confirm(there.alex, there.waiting, two);
      const [waiting] = (await personOf(there.alex, there.waiting.id, two)).waiting;
      return asAlex("DELETE", `/api/v1/signatures/${waiting?.operation ?? ""}`);
    },
  };

  test("all of it", () => {
    expect(Object.keys(ALLOWED).toSorted()).toEqual(
      routesThat("closed", "outside", "draft", "waits", "words", "again", "reads", "narrows").toSorted(),
    );
  });

  /** Whether another may follow in the same place: nothing is missing after it, and nothing is taken. */
  let isAsItWas = false;

  test.each(Object.entries(ALLOWED))("%s", async (route, prepare) => {
    if (!isAsItWas) await anew();
    isAsItWas = NEEDS[route] !== "narrows";
    const act = await prepare();
    const [before, sessions] = [await authority(), await rowsOf("session")];
    const answer = await act();
    expect(answer.ok).toBe(NEEDS[route] !== "closed" && NEEDS[route] !== "outside");
    expect(gained(before, await authority())).toEqual([]);
    expect(await rowsOf("session")).toBeLessThanOrEqual(sessions);
  });
});

describe("an agent that reads mail and finds an invitation", () => {
  beforeEach(anew);

  test("makes a passkey that opens nothing and decides nothing, and whoever was invited finds the link used", async () => {
    const invited = await invite(there.alex, { username: "eve", roles: ["admin", "approver"] });
    const before = await authority();
    const { id, passkey } = await enrolInvited(invited, "eve");
    expect(await outcome(await signIn(passkey))).toEqual([401, "unauthorized"]);
    const named = await ask(there.agent).then(({ request_id }) => openPage(there.alex, request_id));
    expect(JSON.stringify(named.request.quorum)).not.toContain(id);
    expect(await authority()).toEqual(before);
    expect(await outcome(await call("POST", "/enrol/options", { body: introduce(invited, "eve") }))).toEqual([400, "invite_invalid"]);
  });

  test("gains nothing by its key there: the code is all that counts", async () => {
    const body = { code: "A".repeat(43), username: "eve", display_name: "Eve" };
    for (const caller of [{}, { key: there.agent.key }]) {
      expect(await outcome(await call("POST", "/enrol/options", { ...caller, body }))).toEqual([400, "invite_invalid"]);
    }
  });
});

describe("roles", () => {
  beforeEach(anew);

  /** Who gets past the door of each route that changes something of people's. */
  const OWN = [
    "POST /account/passkeys/options",
    "POST /account/passkeys/finish",
    "PUT /account/passkeys/:credential",
    "DELETE /account/stop-token",
    "PUT /api/v1/me/notifications",
    "POST /api/v1/me/contacts",
    "POST /api/v1/me/contacts/:id/confirm",
    "POST /api/v1/me/contacts/:id/test",
    "DELETE /api/v1/me/contacts/:id",
    "POST /account/delegations/statement",
    "POST /api/v1/me/delegations",
    "DELETE /api/v1/me/delegations/:id",
    "POST /account/command-line/statement",
    "POST /api/v1/me/command-lines",
    "DELETE /api/v1/me/command-lines",
    "POST /api/v1/servers/:name/connect",
    "POST /account/servers/statement",
    "POST /api/v1/me/servers/:name/grants",
    "DELETE /api/v1/servers/:name/grants/:id",
  ];
  const DECIDE = [
    "POST /a/:id/nonce",
    "POST /a/:id/question",
    "POST /a/:id/time",
    "POST /a/:id/decision",
    "POST /a/:id/alike/statement",
    "POST /a/:id/alike/decision",
    "POST /batch/statement",
    "POST /batch/decision",
  ];
  /** What an approver may do besides. */
  const STOP = ["POST /api/v1/agents/:id/stop", "POST /account/stop-token"];
  const ofPeople = changing.filter(
    (route) =>
      NEEDS[route] !== "agents" &&
      /\/(?:api\/v1\/(?:agents|people|invites|stop|release|channels|connectors|servers|messages|me\/(?!sessions)[a-z-]+)|admin|account|a|batch)\//.test(
        `${route}/`,
      ),
  );

  test.each([
    ["an auditor", ["auditor"] as const, OWN],
    ["somebody without any role", [] as const, OWN],
    ["an approver", ["approver"] as const, [...OWN, ...DECIDE, ...STOP]],
    ["an admin who is no approver", ["admin"] as const, ofPeople.filter((route) => !DECIDE.includes(route))],
  ])("%s gets past no other door than these", async (_, roles, open) => {
    const someone = await admitted(there.alex, "blair", [...roles]);
    const before = await authority();
    const passed: string[] = [];
    for (const route of ofPeople) {
      const [method = "", pattern = ""] = route.split(" ");
      const path = pattern.replace("/a/:id", `/a/${there.requestId}`).replaceAll(/:[a-z]+/g, "unknown");
      const [status] = await outcome(await call(method, path, { cookie: someone.cookie, body: {} }));
      if (status !== 403) passed.push(route);
    }
    expect(passed.toSorted()).toEqual(open.toSorted());
    expect(gained(before, await authority())).toEqual([]);
  });

  test("nobody makes themself an admin without an admin's signature, whatever they send", async () => {
    const blair = await admitted(there.alex, "blair");
    const before = await authority();
    const standing = { roles: ["admin" as const, "approver" as const], groups: [] };
    const statement = await draft(there.alex, { operation: "role.changed", person: blair.id, ...standing });
    for (const signer of [statement, { ...statement, admin: blair.id }]) {
      const authorisation = await authorise(blair.passkey, signer);
      expect(await outcome(await sendRoles(blair, blair.id, standing, authorisation))).toEqual([403, "forbidden"]);
      // Nor by an admin's stolen session, with a signature of their own.
      expect(await outcome(await sendRoles(there.alex, blair.id, standing, authorisation))).toEqual([403, "decision_not_accepted"]);
    }
    expect(await authority()).toEqual(before);
  });
});
