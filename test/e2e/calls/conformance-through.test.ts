/**
 * The official conformance scenarios of both eras against a server that offers what they ask for: directly, and through the gate by a policy
 * that lets everything pass. What the gate answers otherwise stands below, with why.
 */
import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startFixture } from "#test/support/servers/fixture-server.ts";
import type { PublishedServer } from "#test/support/servers/published-servers.ts";
import { type Check, conformAll, type Door, openDoor } from "#test/support/service/conformance.ts";
import { Person } from "#test/support/service/person.ts";
import { type Service, startService } from "#test/support/service/service.ts";

const EVERYTHING_PASSES = "type: countersign/policy@v1\nrules:\n  - { name: all, match: { source: call }, effect: allow }\n";
const FEATURES = { resources: true, prompts: true, completion: true, sampling: true, elicitation: true, url_elicitation: true };

let service: Service;
let fixture: PublishedServer;
let door: Door;
beforeAll(async () => {
  [service, fixture] = await Promise.all([startService({ env: { ALLOW_LOOPBACK_ADDRESSES: "true" } }), startFixture()]);
  const person = await Person.enrolFirst(service);
  const agent = await person.makeAgent("conformance");
  await person.addServer({ name: "fixture", url: fixture.url, features: FEATURES });
  await person.acceptTools("fixture");
  await person.publishPolicy(EVERYTHING_PASSES);
  door = await openDoor(service, agent.key);
});
afterAll(async () => {
  door?.server.close();
  await Promise.all([service?.stop(), fixture?.stop()]);
  if (service) rmSync(service.stateDir, { recursive: true });
});

/** By version: the checks that come out otherwise through the gate, by scenario, and why. */
const OTHERWISE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "2025-11-25": {
    "server-sse-multiple-streams: server-sse-streams-functional SUCCESS":
      "The scenario looks at the streams in which lists of tools come. The gate makes that list itself, as one document, which servers may.",
  },
};

/** Each check that says something, with how it ended and what was said of it. */
const outcomes = (results: ReadonlyMap<string, Check[]>): string[] =>
  [...results].flatMap(([scenario, checks]) =>
    checks
      .filter(({ status }) => status !== "INFO")
      .map(
        ({ id, status, errorMessage }) => `${scenario}: ${[id, status, ...(errorMessage === undefined ? [] : [errorMessage])].join(" ")}`,
      ),
  );

/** What is in one list and not, or not as often, in the other. */
function difference(one: readonly string[], other: readonly string[]): string[] {
  const left = [...other];
  return one.filter((outcome) => {
    const at = left.indexOf(outcome);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

describe.each(["2026-07-28", "2025-11-25"])("%s", (version) => {
  it("answers through the gate as it does without", async () => {
    const [direct, through] = await Promise.all([conformAll(fixture.url, version), conformAll(`${door.address}/fixture`, version)]);
    expect(direct.size).toBeGreaterThan(30);
    expect([...through.keys()].toSorted()).toEqual([...direct.keys()].toSorted());
    const [without, behind] = [outcomes(direct), outcomes(through)];
    // The server passes everything: else there would be nothing that the gate could break.
    expect(without.filter((outcome) => /: \S+ (FAILURE|WARNING|SKIPPED)/.test(outcome))).toEqual([]);
    expect(difference(behind, without)).toEqual([]);
    expect(difference(without, behind)).toEqual(Object.keys(OTHERWISE[version] ?? {}));
  });
});
