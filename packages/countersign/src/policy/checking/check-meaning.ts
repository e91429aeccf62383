/** What a document of the right form may still say that makes no sense: names, times, windows, quorums. */
import { checkAnomaly } from "./check-anomaly.ts";
import type { KnownTool } from "./check-arguments.ts";
import { checkExecuteOf } from "./check-execute.ts";
import { checkPreviewOf, checkUnwrapOf } from "./check-preview.ts";
import { checkRememberedRule } from "./check-grants.ts";
import { DEFAULT_RULE } from "../judging/compiled.ts";
import { quorumMet } from "../../quorum.ts";
import type { ApproverFacts } from "../judging/facts.ts";
import { isZone } from "../conditions/zones.ts";
import { durationMs, LONGEST_TIME_MS, SHORTEST_TIME_MS } from "../document/duration.ts";
import type { Misplaced } from "../document/field.ts";
import type { Path } from "../document/finding.ts";
import {
  type PolicyDefaults,
  type PolicyDocument,
  type PolicyRule,
  type PolicySlot,
  type PolicyWindow,
} from "../document/policy-document.ts";

/** Who and what there is, as far as it is known; what is left out is not checked. */
export interface KnownNames {
  groups?: readonly string[];
  users?: readonly string[];
  /** Channels that people are told over. */
  channels?: readonly string[];
  /** Everybody who may approve, to see whether they are enough. */
  people?: readonly Pick<ApproverFacts, "username" | "groups">[];
  /** Accepted tools, whose schemas and hints are looked at. */
  tools?: readonly KnownTool[];
}

const DEFAULT_EXPIRES_IN = "15m";

/** Everything that makes no sense. Conditions are checked elsewhere. */
export function checkMeaning(document: PolicyDocument, known: KnownNames): Misplaced[] {
  const { defaults = {}, rules = [], anomaly } = document;
  return [
    ...checkAsking(defaults, {}, ["defaults"], known),
    ...rules.flatMap((rule, index) => checkRule(rule, defaults, ["rules", index], known)),
    ...checkNames(rules),
    ...checkSlots(anomaly?.approvals, ["anomaly", "approvals"], known),
    ...checkAnomaly(document),
  ];
}

function checkNames(rules: readonly PolicyRule[]): Misplaced[] {
  const seen = new Set([DEFAULT_RULE]);
  return rules.flatMap(({ name }, index): Misplaced[] => {
    const isNew = !seen.has(name);
    seen.add(name);
    if (isNew) return [];
    const message = name === DEFAULT_RULE ? "this name stands for what no rule matches" : `another rule is called ${name}`;
    return [{ code: "duplicate_name", path: ["rules", index, "name"], message, hint: null }];
  });
}

function checkRule(rule: PolicyRule, defaults: PolicyDefaults, path: Path, known: KnownNames): Misplaced[] {
  const found = checkAsking(rule, defaults, path, known);
  const { match, window, on_expiry: onExpiry, risk = defaults.risk ?? "medium" } = rule;
  if (match?.hints !== undefined && match.server === undefined) {
    const message = "hints are those of an accepted tool, and belong to a server";
    found.push({
      code: "hints_without_server",
      path: [...path, "match", "hints"],
      message,
      hint: null,
      atKey: true,
    });
  }
  if (onExpiry === "approve" && risk !== "low") {
    found.push({
      code: "approve_above_low",
      path: [...path, "on_expiry"],
      message: `silence may approve low risk only, and this is ${risk}`,
      hint: null,
    });
  }
  if (onExpiry === "approve" && known.channels?.length === 0) {
    found.push({
      code: "not_available",
      path: [...path, "on_expiry"],
      message: "silence means nothing where nobody is told: there is no channel",
      hint: "add a channel first",
    });
  }
  found.push(...checkRememberedRule(rule, defaults, path), ...checkExecuteOf(rule, path, known.tools));
  found.push(...checkPreviewOf(rule, path, known.tools), ...checkUnwrapOf(rule, path));
  if (window !== undefined) found.push(...checkWindow(window, [...path, "window"], known));
  return found;
}

/** What `defaults` and rules have in common. */
function checkAsking(said: PolicyDefaults | PolicyRule, defaults: PolicyDefaults, path: Path, known: KnownNames): Misplaced[] {
  const found = checkSlots(said.approvals, [...path, "approvals"], known);
  for (const name of ["expires_in", "use_within", "expires_in_max", "use_within_max"] as const) {
    const written = said[name];
    if (written === undefined) continue;
    const ms = durationMs(written);
    if (ms < SHORTEST_TIME_MS || ms > LONGEST_TIME_MS) found.push(badTime([...path, name], "this is from 30s to 7d"));
  }
  for (const name of ["expires_in", "use_within"] as const) {
    const [own, most] = [said[name], said[`${name}_max`] ?? defaults[`${name}_max`]];
    if (own !== undefined && most !== undefined && durationMs(own) > durationMs(most))
      found.push(badTime([...path, name], `this is longer than ${name}_max, ${most}`));
  }
  return [...found, ...checkEscalation(said, defaults, path, known), ...checkNotify(said, defaults, path, known)];
}

function checkNotify(said: PolicyDefaults | PolicyRule, defaults: PolicyDefaults, path: Path, known: KnownNames): Misplaced[] {
  const { channels = [], remind = [] } = said.notify ?? {};
  const expiresIn = said.expires_in ?? defaults.expires_in ?? DEFAULT_EXPIRES_IN;
  return [
    ...channels.flatMap((name, index): Misplaced[] => {
      if (known.channels === undefined || known.channels.includes(name)) return [];
      const at: Path = [...path, "notify", "channels", index];
      return [{ code: "unknown_channel", path: at, message: `there is no channel ${JSON.stringify(name)}`, hint: null }];
    }),
    ...remind.flatMap((before, index) =>
      durationMs(before) < durationMs(expiresIn)
        ? []
        : [badTime([...path, "notify", "remind", index], `people have ${expiresIn}: this is before they are asked`)],
    ),
  ];
}

const badTime = (path: Path, message: string): Misplaced => ({ code: "bad_time", path, message, hint: null });

function checkEscalation(said: PolicyDefaults | PolicyRule, defaults: PolicyDefaults, path: Path, known: KnownNames): Misplaced[] {
  const expiresIn = said.expires_in ?? defaults.expires_in ?? DEFAULT_EXPIRES_IN;
  let before = 0;
  return (said.escalate ?? []).flatMap(({ after, users, groups }, index) => {
    const at: Path = [...path, "escalate", index];
    const found = checkPeople({ users, groups }, at, known);
    if (users === undefined && groups === undefined)
      found.push({ code: "missing_key", path: at, message: "users or groups are missing here", hint: null });
    if (durationMs(after) >= durationMs(expiresIn))
      found.push(badTime([...at, "after"], `the request has ended by then, after ${expiresIn}`));
    if (durationMs(after) <= before) found.push(badTime([...at, "after"], "each step comes later than the one before"));
    before = durationMs(after);
    return found;
  });
}

function checkPeople(
  { users, groups }: { users?: readonly string[] | undefined; groups?: readonly string[] | undefined },
  path: Path,
  known: KnownNames,
): Misplaced[] {
  const missing = (kind: "users" | "groups", code: "unknown_user" | "unknown_group") =>
    ((kind === "users" ? users : groups) ?? []).flatMap((name, index): Misplaced[] => {
      if (known[kind] === undefined || known[kind].includes(name)) return [];
      return [{ code, path: [...path, kind, index], message: `there is no ${kind.slice(0, -1)} ${JSON.stringify(name)}`, hint: null }];
    });
  return [...missing("users", "unknown_user"), ...missing("groups", "unknown_group")];
}

/** Whether every slot can be filled, each by its own people: where it is not known who there is, slots of users alone show it. */
function checkSlots(slots: readonly PolicySlot[] | undefined, path: Path, known: KnownNames): Misplaced[] {
  if (slots === undefined) return [];
  const found = slots.flatMap((slot, index) => checkPeople(slot, [...path, index], known));
  const filled = slots.flatMap(({ users, groups, required = 1, when }) => {
    const eligible = known.people === undefined ? (groups === undefined ? users : undefined) : peopleOf(known.people, users, groups);
    return eligible === undefined || when !== undefined ? [] : [{ name: "", required, eligible: [...eligible] }];
  });
  const isPossible = filled.length === 0 || quorumMet(filled, new Set(filled.flatMap(({ eligible }) => eligible)));
  if (!isPossible) found.push({ code: "impossible_quorum", path, message: "these people are not enough: each counts once", hint: null });
  return found;
}

const peopleOf = (people: NonNullable<KnownNames["people"]>, users?: readonly string[], groups?: readonly string[]): string[] =>
  people
    .filter(({ username, groups: theirs }) => {
      const isAnybody = users === undefined && groups === undefined;
      return isAnybody || users?.includes(username) === true || theirs.some((group) => groups?.includes(group) === true);
    })
    .map(({ username }) => username);

const isDate = (text: string): boolean => {
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
};

function checkWindow(
  { zone, from = "00:00", to = "24:00", except = [], outside }: PolicyWindow,
  path: Path,
  known: KnownNames,
): Misplaced[] {
  const found: Misplaced[] = typeof outside === "string" ? [] : checkSlots(outside, [...path, "outside"], known);
  if (!isZone(zone)) {
    found.push({
      code: "unknown_zone",
      path: [...path, "zone"],
      message: `there is no time zone ${JSON.stringify(zone)}`,
      hint: null,
    });
  }
  if (from === to)
    found.push({
      code: "bad_window",
      path: [...path, "to"],
      message: "this window is never open",
      hint: "leave out from and to for whole days",
    });
  except.forEach((span, index) => {
    const [first = "", last = first] = span.split("/");
    if (isDate(first) && isDate(last) && first <= last) return;
    found.push({ code: "bad_window", path: [...path, "except", index], message: "there is no such span of days", hint: null });
  });
  return found;
}
