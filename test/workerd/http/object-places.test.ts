/** Where objects are asked for: by every caller in the same jurisdiction, or a name would be that of two objects; and new ones where it is said. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { app } from "#composition/app.ts";
import type { Bindings, ObjectsByName } from "#config/bindings.ts";
import { ConfigurationError } from "#config/configuration-error.ts";
import { logWriter, requestObject } from "#config/object-places.ts";
import { type Agent, personAndAgent } from "#test/workerd/support/approvals.ts";
import { LOG_ORIGIN } from "#test/workerd/support/log.ts";
import { ORIGIN, type Someone } from "#test/workerd/support/people.ts";

let person: Someone;
let agent: Agent;
beforeAll(async () => {
  ({ person, agent } = await personAndAgent());
});

/** The objects of this runtime, which has no jurisdictions: that of one is noted, and the objects are those that there are. */
function noting<Calls>(objects: ObjectsByName<Calls>, asked: string[], where = ""): ObjectsByName<Calls> {
  return {
    jurisdiction: (jurisdiction) => noting(objects, asked, jurisdiction),
    getByName: (name, options) => {
      asked.push([where, name.replace(/^apr_.*/, "a request"), options?.locationHint ?? ""].join("|"));
      return objects.getByName(name);
    },
  };
}

/** Which objects a whole approval asks for, up to its receipt, and the log's pages. */
async function askedFor(settings: Partial<Bindings>): Promise<string[]> {
  const asked: string[] = [];
  const bindings: Bindings = {
    ...env,
    ...settings,
    APPROVAL_REQUEST: noting(env.APPROVAL_REQUEST, asked),
    LOG_SEQUENCER: noting(env.LOG_SEQUENCER, asked),
  };
  const send = async (method: string, path: string, headers: Record<string, string>, body?: object): Promise<Response> => {
    const init = { method, headers: { "content-type": "application/json", ...headers }, ...(body && { body: JSON.stringify(body) }) };
    return app.fetch(new Request(ORIGIN + path, init), bindings, createExecutionContext());
  };
  const key = { "x-api-key": agent.key };
  const made = await send("POST", "/api/v1/approvals", key, {
    action: "Asked",
    payload: {},
    wait_seconds: 0,
    idempotency_key: crypto.randomUUID(),
  });
  const { request_id: id } = await made.json<{ request_id: string }>();
  const statuses = [made.status];
  for (const [path, headers] of [
    [`/a/${id}`, { cookie: person.cookie }],
    [`/api/v1/approvals/${id}`, key],
    ["/log", {}],
    ["/log/tile/0/000.p/1", {}],
  ] as [string, Record<string, string>][]) {
    statuses.push((await send("GET", path, headers)).status);
  }
  expect(statuses).toEqual([201, 200, 200, 200, 200]);
  return [...new Set(asked)].toSorted();
}

describe("objects are asked for", () => {
  it("without a word on places, as before, where nothing is set", async () => {
    expect(await askedFor({})).toEqual(["|a request|", `|${LOG_ORIGIN}|`]);
  });

  it("near what is set: the log's writer beside the database", async () => {
    const settings = { OBJECT_LOCATION: "apac", DATABASE_LOCATION: "weur" };
    expect(await askedFor(settings)).toEqual(["|a request|apac", `|${LOG_ORIGIN}|weur`]);
  });

  it("in the jurisdiction, all of them", async () => {
    expect(await askedFor({ JURISDICTION: "eu" })).toEqual(["eu|a request|", `eu|${LOG_ORIGIN}|`]);
  });
});

it("a runtime without jurisdictions is told so, and asks for no object outside", () => {
  const without: Bindings = { ...env, JURISDICTION: "eu", APPROVAL_REQUEST: { getByName: () => expect.unreachable() } };
  expect(() => requestObject(without, "apr_x")).toThrow(ConfigurationError);
  expect(() => logWriter({ ...env, JURISDICTION: "eu" }, LOG_ORIGIN)).toThrow("Jurisdiction restrictions are not implemented in workerd");
});

it("on one's own machine, where there is nowhere else, the same setting is no reason to fail", () => {
  const here: Bindings = { ...env, JURISDICTION: "eu", PUBLIC_ORIGIN: "http://localhost:8787" };
  expect(() => requestObject(here, "apr_x")).not.toThrow();
});
