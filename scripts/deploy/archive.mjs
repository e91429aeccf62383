/** The bucket of the archive in the account that is deployed to. */
import { jurisdictionArguments } from "./places.mjs";
import { wrangler, WranglerError } from "./wrangler.mjs";

/** What wrangler says where the account has no R2, or whoever deploys has no right to it; and that a bucket is there already. */
const NO_R2 = /enable R2|code: 10042/;
const NO_RIGHT = /code: 10000|Authentication error/;
const IS_THERE = /code: 10004/;

const namesIn = (listed) => [...listed.matchAll(/^\s*name:\s+(\S+)\s*$/gm)].map(([, name]) => name);

/** Not every bucket of an account with many is listed, and then one that is there is not made again. */
async function make(name, place) {
  try {
    await wrangler(["r2", "bucket", "create", name, ...place]);
    return `${name}, created`;
  } catch (error) {
    if (error instanceof WranglerError && IS_THERE.test(error.said)) return `${name}, found`;
    throw error;
  }
}

/**
 * The bucket of that name, found or made, and what is said of it; null where the account cannot have one. Throws in that case too if the
 * service has had one (`hadArchive`): what is in it would look as if it had never been.
 */
export async function findArchive(name, { hadArchive, variables }) {
  if (name === null && !hadArchive) return { bucket: null, said: "none: wrangler.toml binds no bucket" };
  if (name === null) throw new Error("the service that is deployed has an archive, and wrangler.toml binds no bucket as ARCHIVE");
  try {
    const place = jurisdictionArguments(variables);
    const isThere = namesIn(await wrangler(["r2", "bucket", "list", ...place])).includes(name);
    return { bucket: name, said: isThere ? `${name}, found` : await make(name, place) };
  } catch (error) {
    const why = error instanceof WranglerError ? reasonIn(error.said) : null;
    if (why === null) throw error;
    if (hadArchive) throw new Error(`${why}, and the service that is deployed has an archive: ${name}\n${error.message}`, { cause: error });
    return { bucket: null, said: `none: ${why}. Requests that are over stay in their objects; docs/operations.md, "Archive"` };
  }
}

function reasonIn(said) {
  if (NO_R2.test(said)) return "R2 is not enabled in this account";
  return NO_RIGHT.test(said) ? "whoever deploys has no right to R2" : null;
}
