/** The address of a log, from one that a person gives. */

/** Where the log is, without a slash at its end: what a service is called by is where its log is below. */
export const logAddress = (given: URL): string => (given.pathname === "/" ? `${given.origin}/log` : given.href.replace(/\/$/, ""));
