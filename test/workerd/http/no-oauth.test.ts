/** Clients that look for OAuth find words that they can show. */
import { expect, test } from "vitest";
import { personAndAgent } from "#test/workerd/support/approvals.ts";
import { call, makeAgent, outcome } from "#test/workerd/support/people.ts";

test.each([
  ["GET", "/.well-known/oauth-protected-resource", 404, "not_found"],
  ["GET", "/.well-known/oauth-protected-resource/mcp", 404, "not_found"],
  ["GET", "/.well-known/oauth-authorization-server", 404, "not_found"],
  ["GET", "/.well-known/oauth-authorization-server/mcp", 404, "not_found"],
  ["GET", "/.well-known/openid-configuration", 404, "not_found"],
  ["POST", "/register", 400, "invalid_client_metadata"],
  ["POST", "/token", 400, "invalid_client"],
])("%s %s is answered in the form of OAuth's errors", async (method, path, status, error) => {
  const answer = await call(method, path, { origin: null, ...(method === "POST" ? { body: {} } : {}) });
  expect([answer.status, answer.headers.get("content-type"), answer.headers.get("cache-control")]).toEqual([
    status,
    "application/json",
    "no-store",
  ]);
  expect(await answer.json()).toEqual({ error, error_description: expect.stringContaining("in the header X-Api-Key") as string });
});

test("an address with a stroke at its end is the same", async () => {
  expect((await call("POST", "/mcp/", { origin: null, body: {} })).status).toBe(401);
});

test("a key counts beside an Authorization that is somebody else's, and not beside another key", async () => {
  const { person, agent } = await personAndAgent();
  const other = await makeAgent(person, "other-bot");
  const asked = async (authorization: string, key = agent.key) =>
    outcome(await call("GET", "/api/v1/approvals/apr_unknown", { key, origin: null, headers: { authorization } }));
  const found = [404, "unknown_request"];
  for (const foreign of ["Basic YWxleDpzZWNyZXQ=", "Bearer eyJhbGciOiJub25lIn0.e30.", "Bearer", "Digest x", ""])
    expect(await asked(foreign)).toEqual(found);
  expect(await asked(`Bearer ${agent.key}`)).toEqual(found);
  expect(await asked(`Bearer ${other.key}`)).toEqual([401, "unauthorized"]);
  expect(await asked("Basic YWxleDpzZWNyZXQ=", "csk_wrong")).toEqual([401, "unauthorized"]);
});
