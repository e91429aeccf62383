/** What the operator asks for, checked before anything is touched: by the Worker's own rules, and those of an address on Cloudflare. */
import { parseArgs } from "node:util";
import { OPTIONAL_SECRETS, SETTINGS } from "../../src/config/settings.ts";
import { MAKE_SECRET } from "../local/secrets.mjs";
import { checkVariables } from "../local/variables.mjs";

export const SECRETS = Object.keys(MAKE_SECRET);

const OPTIONS = {
  origin: { type: "string" },
  "dry-run": { type: "boolean", default: false },
  "workers-dev": { type: "boolean", default: false },
  "replace-dns": { type: "boolean", default: false },
  "change-origin": { type: "boolean", default: false },
  wait: { type: "string", default: "300" },
};

export const USAGE = `Usage: PUBLIC_ORIGIN=https://gate.example.com npm run deploy -- [options]

Brings the service to Cloudflare, or its next version. After a failure run it again: what is done is found and kept.

Options:
  --origin URL      the same as PUBLIC_ORIGIN, which only the first time has to be given
  --dry-run         builds, bundles and checks; no account, no network, nothing is changed
  --workers-dev     an address below workers.dev is allowed
  --replace-dns     without a terminal: takes the domain over, whatever its DNS record says now
  --change-origin   another address than the one served now: every passkey stops working
  --wait SECONDS    how long a new domain may take to get its certificate (${OPTIONS.wait.default})
  --help            this text

docs/operations.md says more, and names the variables that are settings.
`;

const HOW_TO_NAME_IT = "say where people will open it: PUBLIC_ORIGIN=https://gate.example.com npm run deploy";

/** Only what is set and not empty. */
const given = (names, environment) =>
  Object.fromEntries(names.filter((name) => environment[name]).map((name) => [name, environment[name]]));

/**
 * Refuses an origin that cannot or should not be served: passkeys are bound to its host name for ever.
 * `allowsWorkersDev` accepts one below workers.dev.
 */
export function checkOrigin(origin, { allowsWorkersDev }) {
  const url = URL.canParse(origin) ? new URL(origin) : null;
  if (url?.protocol !== "https:" || url.origin !== origin || url.port !== "") {
    throw new Error(`PUBLIC_ORIGIN is not an https address without port and path: "${origin}"; ${HOW_TO_NAME_IT}`);
  }
  if (url.hostname !== "workers.dev" && !url.hostname.endsWith(".workers.dev")) return;
  if (!allowsWorkersDev) {
    throw new Error(
      `${url.hostname} is below workers.dev, a public suffix that is Cloudflare's: the name changes with your account's subdomain and cannot be ` +
        "taken elsewhere, every Worker of the account is the same site to browsers, and no firewall rules apply to it. Every passkey is bound to the " +
        "name for ever. Use a domain of your own, or pass --workers-dev for a trial",
    );
  }
  if (!/^[^.]+\.[^.]+\.workers\.dev$/.test(url.hostname)) {
    throw new Error("below workers.dev the address is https://<name of the Worker>.<your subdomain>.workers.dev");
  }
}

/**
 * The settings from the command line's arguments and the environment. `origin` is null where none is given, which serves for
 * a deployment that has one. Throws an Error that names what is wrong and how to make it right.
 */
export function readSettings(args, environment) {
  const { values } = parseArgs({ args, options: OPTIONS });
  const seconds = String(values.wait);
  const origin = values.origin ?? (environment.PUBLIC_ORIGIN || null);
  if (origin !== null) checkOrigin(origin, { allowsWorkersDev: values["workers-dev"] });
  if (origin === null && values["dry-run"]) throw new Error(`PUBLIC_ORIGIN is missing; ${HOW_TO_NAME_IT}`);

  const variables = given(SETTINGS, environment);
  const secrets = given([...SECRETS, ...OPTIONAL_SECRETS], environment);
  const made = Object.fromEntries(SECRETS.map((name) => [name, MAKE_SECRET[name]()]));
  checkVariables({ PUBLIC_ORIGIN: origin ?? "https://gate.example.com", ...variables, ...made, ...secrets });

  if (!/^\d{1,4}$/.test(seconds)) throw new Error(`--wait is a number of seconds, not "${seconds}"`);
  return {
    origin,
    variables,
    secrets,
    isDryRun: values["dry-run"],
    allowsWorkersDev: values["workers-dev"],
    replacesDns: values["replace-dns"],
    changesOrigin: values["change-origin"],
    waitMs: Number(seconds) * 1000,
    isAttended: process.stdin.isTTY && process.stdout.isTTY,
    isThrowaway: Boolean(environment.CI),
  };
}

/** The address to serve, where `deployed` is the one served now, or null. */
export function decideOrigin({ origin, changesOrigin, allowsWorkersDev }, deployed) {
  if (origin === null && deployed === null) throw new Error(`PUBLIC_ORIGIN is missing, and nothing is deployed yet; ${HOW_TO_NAME_IT}`);
  if (origin === null) {
    checkOrigin(deployed, { allowsWorkersDev: true });
    return deployed;
  }
  if (deployed !== null && deployed !== origin && !changesOrigin) {
    throw new Error(
      `it is deployed at ${deployed}, not ${origin}. Every passkey is bound to the first name and would stop working. ` +
        "Leave PUBLIC_ORIGIN out to keep the address, or pass --change-origin",
    );
  }
  checkOrigin(origin, { allowsWorkersDev });
  return origin;
}
