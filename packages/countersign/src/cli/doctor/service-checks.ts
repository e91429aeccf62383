/** What anybody may see of a service: whether it answers, what it goes without, its clock, its interface, and what passkeys are bound to. */
import { text } from "../../json/shape.ts";
import { lookAt, type Answered, documentAs, withAtLeast } from "./look-at.ts";
import { type Check, unseen, warning, well, wrong } from "./check.ts";

/** Of `/api/v1`, as its description says it. */
const INTERFACE = "1";
/** What a clock may be off, beside the time that the answer took; a `Date` has no fractions of seconds. */
const FINE_MS = 5_000;
/** The most that anything here allows for: cosignatures of witnesses. */
const TOLERABLE_MS = 300_000;

/** Why a connection came to nothing, in words, by the platform's code. */
const CONNECTION_TODO: Readonly<Record<string, string>> = {
  ENOTFOUND: "There is no such name: compare the address, and look at the domain's DNS record.",
  EAI_AGAIN: "The name could not be looked up: is this machine's network there?",
  ECONNREFUSED: "Nothing listens there: start the service (npm start), or compare host and port.",
  CERT_HAS_EXPIRED: "Its certificate has expired: renew it, and look at this machine's clock.",
  DEPTH_ZERO_SELF_SIGNED_CERT: "Its certificate is its own: use one that is signed by somebody whom browsers trust.",
  SELF_SIGNED_CERT_IN_CHAIN: "Somebody on the way reads along, such as a company's proxy: NODE_EXTRA_CA_CERTS names its certificate.",
  ERR_TLS_CERT_ALTNAME_INVALID: "Its certificate is for another name: compare the address.",
  TimeoutError: "It took too long: try again, and look at the network on the way.",
};
const OTHERWISE = "Compare the address with what a browser shows at the service's page.";

/** What goes missing with a part that is off, and what turns it on. */
const PARTS: Readonly<Record<string, [without: string, todo: string]>> = {
  call_limits: ["nothing in front of the Worker limits how often an agent calls", "Bind AGENT_CALLS and SESSION_CALLS: deploy again."],
  archive: ["what is over stays in its objects for ever", "Bind ARCHIVE and set ARCHIVE_AFTER_DAYS."],
  vault: ["no credential can be kept, so most channels and servers are off", "Set VAULT_SECRET (docs/operations.md, Secrets)."],
  queue: ["messages go out with the cron, up to a minute later", "Bind the queue NOTICES: deploy again."],
  gateway: ["no MCP server is reached through the gate, and no call is on record", "Bind the database AUDIT: deploy again."],
  connectors: ["no server is reached over a connector", "Bind CONNECTOR: deploy again."],
};

const healthShape = withAtLeast({ status: text(1) });
const signInShape = withAtLeast({ options: withAtLeast({ rpId: text(1) }) });
const openApiShape = withAtLeast({ info: withAtLeast({ version: text(1) }) });

export interface ServiceFound {
  checks: Check[];
  /** Whether a Countersign answers there, so that there is more to ask. */
  isThere: boolean;
  /** What `/healthz` says of witnesses: ok, behind, disputed, unknown; null where it says nothing. */
  witnesses: string | null;
}

const stopped = (...checks: Check[]): ServiceFound => ({ checks, isThere: false, witnesses: null });

/** Everything that needs no key. `now` is in milliseconds since the epoch. */
export async function checkService(origin: string, now: () => number): Promise<ServiceFound> {
  const health = await lookAt(`${origin}/healthz`, {}, now);
  if (!health.ok) {
    const todo = CONNECTION_TODO[health.refusal] ?? OTHERWISE;
    return stopped(wrong("address", `Nothing answers at ${origin} (${health.refusal}).`, todo));
  }
  const { status, headers, document } = health.value;
  const location = headers.get("location");
  if (status >= 300 && status < 400) {
    const message = `${origin} sends on to ${location ?? "nowhere"}.`;
    return stopped(
      wrong("address", message, "Use the address that people open: programs follow no redirect, since it would take their key along."),
    );
  }
  const read = documentAs(document, healthShape);
  if (read === null || (read.status !== "ok" && read.status !== "unavailable")) {
    const said = typeof document?.["detail"] === "string" ? `: ${document["detail"]}` : "";
    return stopped(
      wrong("address", `What answers at ${origin} with status ${status} is no Countersign, or not at its own address${said}.`, OTHERWISE),
    );
  }
  const address = well("address", `A Countersign answers at ${origin}${origin.startsWith("https:") ? ", and its certificate holds" : ""}.`);
  const { witnesses = null } = document ?? {};
  const checks = [address, healthOf(health.value, read.status), ...partsOf(document), clockOf(health.value)];
  checks.push(await checkPasskeys(origin), await checkInterface(origin));
  return { checks, isThere: true, witnesses: typeof witnesses === "string" ? witnesses : null };
}

function healthOf({ document }: Answered, status: string): Check {
  if (status === "ok") return well("health", "Configuration, database and log work.");
  const failing = typeof document?.["failing"] === "string" ? document["failing"] : "a part";
  const message = `The service cannot do its work: ${failing} does not.`;
  return wrong("health", message, "Its log line “unwell” says why (docs/operations.md, Log lines).");
}

const partsOf = (document: Answered["document"]): Check[] => {
  const off = Object.keys(PARTS).filter((name) => document?.[name] === "off");
  if (off.length === 0) return [well("parts", "No optional part that tells of itself is off.")];
  return off.map((name) => {
    const [without = "", todo = ""] = PARTS[name] ?? [];
    return warning("parts", `${name} is off: ${without}.`, `${todo} It is nothing to do if you want it so.`);
  });
};

/** How far this machine's clock is from the service's, beside what the answer took. */
function clockOf({ headers, sentMs, cameMs }: Answered): Check {
  const theirs = Date.parse(headers.get("date") ?? "");
  if (Number.isNaN(theirs)) return unseen("clock", "The service says no time with its answers.", "Compare its clock by hand.");
  // A time without fractions may be up to a second before the moment that it is of.
  const offMs = Math.max(0, sentMs - (theirs + 1_000), theirs - cameMs);
  if (offMs <= FINE_MS) return well("clock", "This machine's clock agrees with the service's.");
  const message = `This machine's clock is ${Math.round(offMs / 1_000)} seconds ${theirs > cameMs ? "behind" : "ahead of"} the service's.`;
  const todo = "Have the clock set over the network (NTP): deadlines and certificates are judged by it.";
  return offMs <= TOLERABLE_MS ? warning("clock", message, todo) : wrong("clock", message, todo);
}

/** Passkeys are bound to a name, which has to be that of the address, or they open nothing. Asking stores nothing. */
async function checkPasskeys(origin: string): Promise<Check> {
  const offered = await lookAt(`${origin}/sign-in/options`, { method: "POST", headers: { origin } });
  const options = offered.ok ? documentAs(offered.value.document, signInShape) : null;
  if (!offered.ok || options === null) {
    const why = offered.ok ? `status ${offered.value.status}` : offered.refusal;
    return unseen(
      "passkeys",
      `What passkeys are bound to was not told (${why}).`,
      "Open the page to sign in, and see whether it asks for a passkey.",
    );
  }
  const { rpId } = options.options;
  const { hostname } = new URL(origin);
  if (rpId === hostname) return well("passkeys", `Passkeys are bound to ${rpId}, the name of this address.`);
  const message = `Passkeys are bound to ${rpId}, and this address is of ${hostname}: no passkey works here.`;
  return wrong("passkeys", message, "Set PUBLIC_ORIGIN to the address that people open (docs/operations.md, Deploy).");
}

/** Of its interface, which outlives versions of the service: which one of those it is, only admins and auditors see. */
async function checkInterface(origin: string): Promise<Check> {
  const described = await lookAt(`${origin}/api/v1/openapi.json`);
  const read = described.ok ? documentAs(described.value.document, openApiShape) : null;
  if (read === null) return unseen("interface", "What its interface is was not told.", `Open ${origin}/api/v1/openapi.json.`);
  const { version } = read.info;
  if (version === INTERFACE) return well("interface", `It speaks version ${version} of the interface, as this command line does.`);
  const message = `It speaks version ${version} of the interface, and this command line ${INTERFACE}.`;
  return wrong("interface", message, "Install the command line that belongs to it; CHANGELOG.md says what differs.");
}
