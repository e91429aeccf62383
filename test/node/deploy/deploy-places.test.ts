/** Where `npm run deploy` puts things: what is chosen once, what is kept, and what cannot be changed. */
import { expect, it, test } from "vitest";
import { databaseArguments, placementOf, placesInWords, withServedPlaces } from "../../../scripts/deploy/places.mjs";

const SERVED = {
  PUBLIC_ORIGIN: "https://gate.example.com",
  ADMINS_REQUIRED: "2",
  DATABASE_LOCATION: "weur",
  OBJECT_LOCATION: "apac",
  WORKER_PLACEMENT: "smart",
};

it("keeps the places of the deployment before, and what is given counts more", () => {
  expect(withServedPlaces({}, SERVED)).toEqual({ DATABASE_LOCATION: "weur", OBJECT_LOCATION: "apac", WORKER_PLACEMENT: "smart" });
  const given = { WORKER_PLACEMENT: "off", MAX_WAITERS_PER_REQUEST: "3" };
  expect(withServedPlaces(given, SERVED)).toEqual({ DATABASE_LOCATION: "weur", OBJECT_LOCATION: "apac", ...given });
  expect(withServedPlaces({ JURISDICTION: "eu" }, null)).toEqual({ JURISDICTION: "eu" });
});

test.each<[string, Record<string, string>, string, string]>([
  ["one where there was none", SERVED, "eu", "it is deployed without a jurisdiction, not in eu"],
  ["another one", { ...SERVED, JURISDICTION: "eu" }, "us", "it is deployed in the jurisdiction eu, not in us"],
])("refuses a jurisdiction that is %s, and says why", (_, served, wanted, message) => {
  const refused = () => withServedPlaces({ JURISDICTION: wanted }, served);
  expect(refused).toThrow(message);
  expect(refused).toThrow("Leave JURISDICTION out to keep it");
});

it("goes on in the jurisdiction that is served, named again or not", () => {
  const served = { ...SERVED, JURISDICTION: "eu" };
  expect(withServedPlaces({}, served)).toHaveProperty("JURISDICTION", "eu");
  expect(withServedPlaces({ JURISDICTION: "eu" }, served)).toHaveProperty("JURISDICTION", "eu");
});

test("what wrangler is told", () => {
  expect(databaseArguments({})).toEqual([]);
  expect(databaseArguments({ DATABASE_LOCATION: "weur" })).toEqual(["--location", "weur"]);
  expect(databaseArguments({ DATABASE_LOCATION: "weur", JURISDICTION: "eu" })).toEqual(["--jurisdiction", "eu"]);
  expect([placementOf({}), placementOf({ WORKER_PLACEMENT: "off" })]).toEqual([{}, {}]);
  expect(placementOf({ WORKER_PLACEMENT: "smart" })).toEqual({ placement: { mode: "smart" } });
});

test("what the operator is told, with nothing chosen and with everything", () => {
  const committed = { raw: { cache: { enabled: true } } };
  expect(placesInWords({}, committed)).toBe(
    "jurisdiction: none; a new database and the log's writer: where Cloudflare puts them; requests: near who asks; " +
      "Worker: near its callers; cache in front of it: on",
  );
  expect(placesInWords({ ...SERVED, JURISDICTION: "eu" }, { raw: {} })).toBe(
    "jurisdiction: eu; a new database and the log's writer: weur; requests: apac; Worker: smart placement; cache in front of it: off",
  );
});
