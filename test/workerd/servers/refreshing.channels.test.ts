/** How tokens of a grant are had anew: once, whoever asks; from what the issuer gave last; and never from anybody else's. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { KeptServerGrant } from "#upstreams/oauth/grant-tokens.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import { given } from "#test/workerd/support/invited.ts";
import { enrolFirst, makeAgent, type Someone } from "#test/workerd/support/people.ts";
import { publish } from "#test/workerd/support/policies.ts";
import {
  addedAccounts,
  askedOfIssuer,
  broughtBack,
  disconnected,
  ownServers,
  signedShared,
  tellAccounts,
  tellIssuer,
  tokensCalledWith,
} from "#test/workerd/support/servers/connections.ts";
import { callTool } from "#test/workerd/support/servers/gateway-call.ts";
import { acceptedTools, serversOfGate } from "#test/workerd/support/servers/signed-servers.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const ALL_PASSES = "type: countersign/policy@v1\nrules:\n  - { name: all, match: { source: call }, effect: allow }\n";

let alex: Someone;
let key: string;
let server: string;
beforeEach(async () => {
  await emptyStorage();
  await receivers.reset();
  alex = await enrolFirst();
  server = await addedAccounts(alex);
  await given(await signedShared(alex, await broughtBack(alex, "ada")), 201);
  await given(await acceptedTools(alex, null, "accounts"));
  await publish(alex, ALL_PASSES);
  ({ key } = await makeAgent(alex));
});

const called = () => callTool(key, "accounts", "whoami");
const refreshes = async () => (await askedOfIssuer("/token")).filter(({ grant_type: type }) => type === "refresh_token");
const SERVES = "You are ada.";

/** The server takes what was used so far no more. */
const wornOut = async (): Promise<void> => tellAccounts({ worn: (await tokensCalledWith()).map((one) => one.replace("Bearer ", "")) });

const object = () => env.UPSTREAM_SERVER.getByName(server) as unknown as DurableObjectStub;
const kept = (): Promise<KeptServerGrant[]> =>
  runInDurableObject(object(), (_, { storage }) => [...storage.kv.list<KeptServerGrant>({ prefix: "grant:" })].map(([, grant]) => grant));
/** Its token is over by the clock, as the object has it. */
const expired = (): Promise<void> =>
  runInDurableObject(object(), (_, { storage }) => {
    for (const [name, grant] of storage.kv.list<KeptServerGrant>({ prefix: "grant:" })) storage.kv.put(name, { ...grant, until: 0 });
  });

test("twenty calls at once with a token that is over make one refresh, and all of them pass", async () => {
  await expired();
  const answers = await Promise.all(Array.from({ length: 20 }, called));
  expect(answers.filter((text) => text.includes(SERVES))).toHaveLength(20);
  expect(await refreshes()).toHaveLength(1);
});

test("twenty that the server refuses make one as well; the next passes", async () => {
  expect(await called()).toContain(SERVES);
  await wornOut();
  await Promise.all(Array.from({ length: 20 }, called));
  expect(await refreshes()).toHaveLength(1);
  expect(await called()).toContain(SERVES);
});

test("a server that takes none of them has the issuer asked no more often for it", async () => {
  expect(await called()).toContain(SERVES);
  await tellAccounts({ worn: "all" });
  for (let n = 0; n < 3; n++) expect(await called()).toContain("needs_authentication");
  expect(await refreshes()).toHaveLength(1);
});

test("each refresh is with what the last one gave, for the resource that was signed for", async () => {
  for (let n = 0; n < 3; n++) {
    await expired();
    expect(await called()).toContain(SERVES);
  }
  const used = (await refreshes()).map(({ refresh_token: token, resource }) => [token, resource]);
  expect(new Set(used.map(([token]) => token)).size).toBe(3);
  expect(new Set(used.map(([, resource]) => resource))).toEqual(new Set(["https://accounts.mcp.example.com/mcp"]));
});

test("nothing that is kept is a token: each is sealed, for the grant and for where it goes", async () => {
  const text = JSON.stringify(await kept());
  expect(text).not.toMatch(/(?:at|rt)-ada/);
  const [grant] = await kept();
  // One in the place of the other opens nowhere.
  await runInDurableObject(object(), (_, { storage }) => {
    if (grant !== undefined) storage.kv.put(`grant:${grant.id}`, { ...grant, access: grant.refresh, refresh: grant.access });
  });
  expect(await called()).not.toContain(SERVES);
});

describe("an issuer", () => {
  test("that takes the grant no more: a person has to connect it, and it is not asked again", async () => {
    await expired();
    await tellIssuer({ refresh: { error: "invalid_grant" } });
    for (let n = 0; n < 3; n++) expect(await called()).toContain("https://gate.example.com/account/servers?server=accounts");
    expect(await refreshes()).toHaveLength(1);
    expect((await ownServers(alex))[0]?.connection?.refused_at).not.toBeNull();
    expect((await serversOfGate(alex))[0]?.connections[0]?.refused_at).not.toBeNull();
    await tellIssuer({});
    await given(await signedShared(alex, await broughtBack(alex, "ada")), 201);
    expect(await called()).toContain(SERVES);
  });

  test("that is away for a while changes nothing", async () => {
    await expired();
    await receivers.answer("auth.example.com", { status: 503 }, { status: 503 });
    expect(await called()).toContain("upstream_unavailable");
    await receivers.reset();
    expect(await called()).toContain(SERVES);
  });

  test("whose answer was lost is asked with the same again; if it took that for a thief's, a person connects anew", async () => {
    await expired();
    await tellIssuer({ refresh: "is lost" });
    expect(await called()).toContain("Nothing was sent");
    await tellIssuer({});
    // It rotates, and takes what is used twice for stolen: all that came of it is over there.
    expect(await called()).toContain("needs_authentication");
    const tokens = (await refreshes()).map(({ refresh_token: token }) => token);
    expect(tokens).toHaveLength(2);
    expect(new Set(tokens).size).toBe(1);
    await given(await signedShared(alex, await broughtBack(alex, "ada")), 201);
    expect(await called()).toContain(SERVES);
  });

  test.each<[string, Record<string, unknown>]>([
    ["no token", { token_type: "Bearer" }],
    ["a token of another kind", { access_token: "at-eve-1", token_type: "DPoP" }],
    ["a token with a line end", { access_token: "at-eve-1\r\nX-Evil: 1", token_type: "Bearer" }],
    ["a list", { access_token: ["at-eve-1"], token_type: "Bearer" }],
  ])("that answers %s gives none, and what was before is kept", async (_, answers) => {
    await expired();
    const [before] = await kept();
    await tellIssuer({ answers });
    expect(await called()).toContain("needs_authentication");
    expect((await kept())[0]?.refresh).toBe(before?.refresh);
    expect((await tokensCalledWith()).join()).not.toContain("eve");
  });

  test("that cannot take a grant back is asked again by the object's alarm, and nothing is called meanwhile", async () => {
    await tellIssuer({ away: true });
    const [grant] = await kept();
    await given(await signedShared(alex, await broughtBack(alex, "grace")), 201);
    expect((await kept()).map(({ id, triedToReturn }) => [id === grant?.id, triedToReturn])).toContainEqual([true, 1]);
    await tellIssuer({});
    await env.UPSTREAM_SERVER.getByName(server).tendGrants();
    expect((await kept()).map(({ id }) => id)).not.toContain(grant?.id);
    expect(await kept()).toHaveLength(1);
  });
});

describe("a grant that ends while it is refreshed", () => {
  const ended = async () => disconnected(alex, (await kept())[0]?.id ?? "");
  /** Refresh tokens: that of before, and what the issuer gave while the grant ended. */
  const givenBack = async () =>
    new Set((await askedOfIssuer("/revoke")).flatMap(({ token = "" }) => (token.startsWith("rt-") ? [token] : [])));
  const seen = (look: () => Promise<void>) => vi.waitFor(look, { timeout: 10_000 });
  const isRefreshing = () => seen(async () => expect(await refreshes()).toHaveLength(1));
  beforeEach(expired);

  test("does not come back: what the issuer gives then serves nobody, and is given back as well", async () => {
    await tellIssuer({ hangs: "/token" });
    const waiting = called();
    await isRefreshing();
    expect((await ended()).status).toBe(204);
    expect(await kept()).toEqual([]);
    await receivers.release();
    expect(await waiting).toContain("needs_authentication");
    await seen(async () => expect((await givenBack()).size).toBe(2));
    await seen(async () => expect(await kept()).toEqual([]));
    expect(await tokensCalledWith()).toEqual([]);
  });

  test("nor is it kept because the issuer takes it no more", async () => {
    await tellIssuer({ hangs: "/token", refresh: { error: "invalid_grant" } });
    const waiting = called();
    await isRefreshing();
    expect((await ended()).status).toBe(204);
    await receivers.release();
    expect(await waiting).toContain("needs_authentication");
    expect(await kept()).toEqual([]);
  });

  test("is given back as the issuer gave it last, and nothing of before is put in its place", async () => {
    const [before] = await kept();
    await tellIssuer({ refresh: "comes with a revocation", hangs: "/revoke", away: true });
    const waiting = called();
    await isRefreshing();
    const ending = ended();
    await seen(async () => expect((await kept())[0]?.access).not.toBe(before?.access));
    expect((await kept())[0]?.isRefused).toBe(true);
    await tellIssuer({});
    await receivers.release();
    expect((await ending).status).toBe(204);
    expect(await waiting).toContain("needs_authentication");
    await env.UPSTREAM_SERVER.getByName(server).tendGrants();
    expect(await kept()).toEqual([]);
    expect((await givenBack()).size).toBe(2);
  });

  test("is given back by the object's alarm, where the issuer could not be told", async () => {
    await tellIssuer({ hangs: "/token" });
    const waiting = called();
    await isRefreshing();
    expect((await ended()).status).toBe(204);
    await tellIssuer({ away: true });
    await receivers.release();
    await waiting;
    await seen(async () => expect((await kept())[0]?.triedToReturn).toBe(1));
    await tellIssuer({});
    expect(await runDurableObjectAlarm(object())).toBe(true);
    expect(await kept()).toEqual([]);
    expect((await givenBack()).size).toBe(2);
  });
});
