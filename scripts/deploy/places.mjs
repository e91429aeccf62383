/** Where a deployment is: what of it is chosen when something is made, what stays, and what it all comes to in words. */

/** Of these later deployments keep what the one before had, also where wrangler would not. */
const KEPT = ["DATABASE_LOCATION", "JURISDICTION", "OBJECT_LOCATION", "WORKER_PLACEMENT"];

/**
 * The variables to deploy with: those that are given, and of places those that are served now; `served` is null if nothing is. Refuses
 * another jurisdiction than the one that is served.
 */
export function withServedPlaces(given, served) {
  const kept = Object.fromEntries(KEPT.filter((name) => served?.[name]).map((name) => [name, served[name]]));
  const wanted = given.JURISDICTION;
  if (served !== null && wanted !== undefined && wanted !== (kept.JURISDICTION ?? "")) {
    throw new Error(
      `it is deployed ${kept.JURISDICTION ? `in the jurisdiction ${kept.JURISDICTION}` : "without a jurisdiction"}, not in ${wanted}. ` +
        "An object's name in a jurisdiction is that of another object: every request, and what the log has signed for, would be out of reach, and a " +
        "database never moves. Leave JURISDICTION out to keep it; another one takes another deployment, under another name and address",
    );
  }
  return { ...kept, ...given };
}

/** What `wrangler d1 create` is told besides the name. A jurisdiction counts more than a location. */
export function databaseArguments({ DATABASE_LOCATION: location, JURISDICTION: jurisdiction }) {
  if (jurisdiction) return ["--jurisdiction", jurisdiction];
  return location ? ["--location", location] : [];
}

/** What `wrangler r2 bucket` and `queues create` are told. A queue has its jurisdiction once it is made, and is bound by its name alone. */
export const jurisdictionArguments = ({ JURISDICTION: jurisdiction }) => (jurisdiction ? ["--jurisdiction", jurisdiction] : []);
/** For the binding: a bucket of a jurisdiction is another one than of none. */
export const bucketPlace = ({ JURISDICTION: jurisdiction }) => (jurisdiction ? { jurisdiction } : {});

/** What the configuration says of where the Worker runs. */
export const placementOf = ({ WORKER_PLACEMENT: placement }) => (placement === "smart" ? { placement: { mode: "smart" } } : {});

/** All of it, for the operator. */
export function placesInWords(variables, { raw }) {
  const { DATABASE_LOCATION: database, JURISDICTION: jurisdiction, OBJECT_LOCATION: objects, WORKER_PLACEMENT: placement } = variables;
  return [
    `jurisdiction: ${jurisdiction || "none"}`,
    `a new database and the log's writer: ${database || "where Cloudflare puts them"}`,
    `requests: ${objects || "near who asks"}`,
    `Worker: ${placement === "smart" ? "smart placement" : "near its callers"}`,
    `cache in front of it: ${raw.cache?.enabled === true ? "on" : "off"}`,
  ].join("; ");
}
