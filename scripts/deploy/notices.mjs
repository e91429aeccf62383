/** The queue of notices, and whether the account sends e-mail. Both may be missing: notices are a little later, e-mail goes over others. */
import { jurisdictionArguments } from "./places.mjs";
import { wrangler, WranglerError } from "./wrangler.mjs";

/** What wrangler says where the plan has no queues, the account has not enabled them, or whoever deploys has no right to them. */
const NO_QUEUES = [
  [/code: 100129/, "the account's plan has no queues"],
  [/code: 11002/, "queues are not enabled in this account"],
  [/code: 10000|Authentication error/, "whoever deploys has no right to queues"],
];
const IS_THERE = /code: 11009/;

const whyNot = (error) => (error instanceof WranglerError ? NO_QUEUES.find(([words]) => words.test(error.said))?.[1] : undefined);

/** The queue of that name, made or found, and what is said of it; null where the account cannot have one. */
export async function findQueue(name, { variables }) {
  if (name === null) return { queue: null, said: "queue: none, wrangler.toml binds none" };
  try {
    await wrangler(["queues", "create", name, ...jurisdictionArguments(variables)]);
    return { queue: name, said: `queue: ${name}, created` };
  } catch (error) {
    if (error instanceof WranglerError && IS_THERE.test(error.said)) return { queue: name, said: `queue: ${name}, found` };
    const why = whyNot(error);
    if (why === undefined) throw error;
    return { queue: null, said: `queue: none, ${why}; messages are sent by alarms and by the cron` };
  }
}

/** Names of a table's rows that say "yes" in the column after. */
const enabledIn = (table) => [...table.matchAll(/│\s*([^\s│]+)\s*│\s*yes\s*│/g)].map(([, name]) => name);

/**
 * Whether some domain of the account sends e-mail, and what is said of it. Where that cannot be found out, it is as it was
 * (`hadEmail`): whoever deploys may have no right to look.
 */
export async function findSenders({ hasEmail, hadEmail }) {
  if (!hasEmail) return { sends: false, said: "e-mail: off, wrangler.toml has no send_email" };
  try {
    const domains = enabledIn(await wrangler(["email", "sending", "list"]));
    if (domains.length > 0) return { sends: true, said: `e-mail: from ${domains.join(", ")}` };
    return { sends: false, said: "e-mail: off, no domain of the account is set up for Email Sending" };
  } catch (error) {
    if (!(error instanceof WranglerError)) throw error;
    return { sends: hadEmail, said: `e-mail: ${hadEmail ? "on as before" : "off"}, wrangler email sending list failed` };
  }
}
