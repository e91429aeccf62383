/** What only admins and auditors see: how the deployment is set up, its alerts, its channels and its servers. */
import type { JsonObject } from "../../json/canonical-json.ts";
import { boolean, integer, list, nullable, text } from "../../json/shape.ts";
import type { Result } from "../../result.ts";
import { packageVersion } from "../files/package-folder.ts";
import { documentAs, withAtLeast } from "./look-at.ts";
import { type Check, unseen, warning, well, wrong } from "./check.ts";

/** Reads a document of the service as a person, or says why it cannot. */
export type ReadAsPerson = (path: string) => Promise<Result<JsonObject, string>>;

/** The cron counts every minute. */
const CRON_MS = 300_000;
/** What is due is sent within a minute, or over the queue at once. */
const DUE_MS = 600_000;

const settingsShape = withAtLeast({
  version: withAtLeast({ package: text(1) }),
  parts: list(withAtLeast({ part: text(1), needs: list(text(1)), is_on: boolean })),
  log: nullable(withAtLeast({ state: text(1) })),
  rounds: withAtLeast({ counted_at: text(1) }),
  messages: withAtLeast({ waiting: integer(0), failed: integer(0), oldest_due: nullable(text(1)) }),
  alerts: list(withAtLeast({ name: text(1), since: text(1) })),
});
const channelsShape = withAtLeast({
  items: list(withAtLeast({ name: text(1), state: text(1), failing_since: nullable(text(1)), last_answer: nullable(text(1)) })),
});
const serversShape = withAtLeast({
  items: list(
    withAtLeast({
      name: text(1),
      has_credential: boolean,
      drifted: list(text(1)),
      unaccepted: list(text(1)),
      health: nullable(
        withAtLeast({ last_success_at: nullable(text(1)), last_error: nullable(text(1)), last_error_at: nullable(text(1)) }),
      ),
    }),
  ),
});

const SIGN_IN = "Sign in as an admin or auditor with countersign login.";
const UNREADABLE = "This command line and the service do not fit: install the version that belongs to it.";

/** Three documents, read side by side; without anybody to read them as, what they would tell is not known. */
export async function checkAsPerson(readAs: ReadAsPerson | null, now: () => number): Promise<Check[]> {
  if (readAs === null)
    return ["settings", "channels", "servers"].map((check) => unseen(check, "Only admins and auditors see this.", SIGN_IN));
  const [settings, channels, servers] = await Promise.all([
    readAs("/api/v1/settings"),
    readAs("/api/v1/channels"),
    readAs("/api/v1/servers"),
  ]);
  return [
    ...read("settings", settings, (document) => judgeSettings(document, now())),
    ...read("channels", channels, judgeChannels),
    ...read("servers", servers, judgeServers),
  ];
}

function read(check: string, answer: Result<JsonObject, string>, judge: (document: JsonObject) => Check[] | null): Check[] {
  if (!answer.ok) return [unseen(check, answer.refusal, SIGN_IN)];
  return judge(answer.value) ?? [unseen(check, "What the service tells of this cannot be read.", UNREADABLE)];
}

/** Null if it cannot be read. `nowMs` is in milliseconds since the epoch. */
export function judgeSettings(document: JsonObject, nowMs: number): Check[] | null {
  const settings = documentAs(document, settingsShape);
  if (settings === null) return null;
  const { version, parts, log, rounds, messages, alerts } = settings;
  const isOlder = (at: string | null, ms: number) => at !== null && nowMs - Date.parse(at) > ms;
  const off = parts.filter((part) => !part.is_on);
  const checks = off.map(({ part, needs }) =>
    warning("settings", `${part} is off.`, `It needs ${needs.join(" and ")}. It is nothing to do if you want it so.`),
  );
  const ours = packageVersion();
  if (version.package !== ours) {
    const message = `The service is of version ${version.package}, and this command line of ${ours}.`;
    checks.push(warning("settings", message, "Install the one that belongs to it; CHANGELOG.md says what differs."));
  }
  if (log?.state === "frozen") {
    checks.push(
      wrong("settings", "The log is frozen: nothing is decided any more.", "docs/operations.md, Another log after one that has ended."),
    );
  }
  if (Date.parse(rounds.counted_at) === 0) {
    checks.push(unseen("settings", "The cron has not run yet.", "It runs every minute: look again in two."));
  } else if (isOlder(rounds.counted_at, CRON_MS)) {
    checks.push(
      wrong(
        "settings",
        `The cron has not run since ${rounds.counted_at}.`,
        "Deploy again, which sets its triggers (docs/operations.md, Queue, e-mail and crons).",
      ),
    );
  }
  if (messages.failed > 0) {
    checks.push(
      warning("settings", `${messages.failed} messages could not be sent.`, "Look at them on /admin/channels, and send them again there."),
    );
  }
  if (isOlder(messages.oldest_due, DUE_MS)) {
    checks.push(wrong("settings", `Messages are due since ${messages.oldest_due}.`, "See whether the cron runs, and the queue is there."));
  }
  for (const { name, since } of alerts) {
    checks.push(wrong("settings", `There is an alert since ${since}: ${name}.`, "docs/operations.md, Alerts worth having."));
  }
  return checks.length > 0
    ? checks
    : [well("settings", "Every part is on, the cron runs, there is no alert, and its version is this one.")];
}

/** Null if it cannot be read. */
export function judgeChannels(document: JsonObject): Check[] | null {
  const channels = documentAs(document, channelsShape)?.items;
  if (channels === undefined) return null;
  const there = channels.filter(({ state }) => state !== "removed");
  if (there.length === 0) {
    return [
      warning(
        "channels",
        "There is no channel: people hear of requests on open pages only.",
        "Add one on /admin/channels (docs/channels.md).",
      ),
    ];
  }
  return there.map(({ name, state, failing_since, last_answer }) => {
    const todo = `Look at it on /admin/channels, and send a test.`;
    if (state !== "active") return warning("channels", `${name} is ${state}.`, todo);
    if (failing_since === null) return well("channels", `${name} works.`);
    return wrong("channels", `${name} has been failing since ${failing_since} (${last_answer ?? "no answer"}).`, todo);
  });
}

/** Null if it cannot be read. */
export function judgeServers(document: JsonObject): Check[] | null {
  const servers = documentAs(document, serversShape)?.items;
  if (servers === undefined) return null;
  if (servers.length === 0) return [well("servers", "There is no MCP server behind the gate.")];
  return servers.map(({ name, has_credential, drifted, unaccepted, health }) => {
    if (!has_credential)
      return wrong("servers", `${name} lacks its credential.`, "Give it on /admin/servers, or connect it at /account/servers.");
    const { last_error = null, last_error_at = null, last_success_at = null } = health ?? {};
    const isAway = last_error !== null && (last_success_at === null || (last_error_at ?? "") > last_success_at);
    if (isAway)
      return wrong(
        "servers",
        `${name} did not answer last (${last_error}).`,
        "Ask it on /admin/servers, and see whether its address answers.",
      );
    if (drifted.length > 0) {
      return warning(
        "servers",
        `${name} lists ${drifted.length} otherwise than it was accepted; those are refused.`,
        "Look at what changed on /admin/servers, and accept it or not.",
      );
    }
    if (health === null) return unseen("servers", `${name} was never listed.`, "Ask it on /admin/servers.");
    const waiting = unaccepted.length === 0 ? "" : `; ${unaccepted.length} of what it lists nobody has accepted`;
    return well("servers", `${name} answers as it was accepted${waiting}.`);
  });
}
