/**
 * What an agent usually does, in a few numbers that outlive its calls. It is learnt by days, and not by calls: what is done often on one day
 * does not become usual by that.
 */

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Calls of so long are counted together to see a burst. */
export const BURST_MS = 300_000;

/** An agent is known after so many calls, on so many days. */
const KNOWN_CALLS = 50;
const KNOWN_DAYS = 5;
/** What was done on one day alone is not usual. */
const USUAL_DAYS = 2;
/** So many calls within `BURST_MS` are none that anybody has to look at. */
const LEAST_BURST = 20;
const MOST_TOOLS = 1_000;
const MOST_VALUES = 1_000;

/** What is learnt of one call. `watched`: null where nothing of its arguments is kept. */
interface LearntCall {
  atMs: number;
  tool: string;
  watched: Readonly<Record<string, readonly string[]>> | null;
}

/** Days and hours are UTC. */
export interface PastProfile {
  calls: number;
  /** Days on which it called, and the last of them, since the epoch. */
  days: number;
  lastDay: number;
  /** By hour: on how many days it called then; and those of the last day, one bit each. */
  hours: readonly number[];
  hoursOfLastDay: number;
  /** The last span of `BURST_MS`, and the calls in it. */
  span: number;
  spanCalls: number;
  /** On how many days at least 1, 2, 4, 8 … calls came in one span; and how many of these the last day has reached. */
  rates: readonly number[];
  ratesOfLastDay: number;
  /** Names of tools, and hashes of the values of each watched member, by its path; those that were seen last are last. */
  tools: readonly string[];
  values: Readonly<Record<string, readonly string[]>>;
}

/** Of an agent that has never called. */
export const NO_PROFILE: PastProfile = {
  calls: 0,
  days: 0,
  lastDay: -1,
  hours: Array.from({ length: 24 }, () => 0),
  hoursOfLastDay: 0,
  span: -1,
  spanCalls: 0,
  rates: [],
  ratesOfLastDay: 0,
  tools: [],
  values: {},
};

const hourOf = (ms: number): number => Math.floor(ms / HOUR_MS) % 24;

/** The profile with one call more. Calls come in the order of their time; of one that comes late, hours and bursts learn nothing. */
export function profileWith(profile: PastProfile, call: LearntCall): PastProfile {
  const { calls, tools, values } = profile;
  return {
    ...timesWith(profile, call.atMs),
    calls: calls + 1,
    tools: seen(tools, [call.tool], MOST_TOOLS),
    values: call.watched === null ? values : valuesWith(values, call.watched),
  };
}

function timesWith(profile: PastProfile, atMs: number): PastProfile {
  const [day, span] = [Math.floor(atMs / DAY_MS), Math.floor(atMs / BURST_MS)];
  if (day < profile.lastDay || span < profile.span) return profile;
  const isNewDay = day > profile.lastDay;
  const [hour, known] = [hourOf(atMs), isNewDay ? 0 : profile.hoursOfLastDay];
  const isNewHour = (known & (1 << hour)) === 0;
  const spanCalls = span === profile.span ? profile.spanCalls + 1 : 1;
  const reachedBefore = isNewDay ? 0 : profile.ratesOfLastDay;
  const reached = Math.max(reachedBefore, Math.floor(Math.log2(spanCalls)) + 1);
  const rates = Array.from({ length: Math.max(profile.rates.length, reached) }, (_, at) => {
    const isNew = at >= reachedBefore && at < reached;
    return (profile.rates[at] ?? 0) + (isNew ? 1 : 0);
  });
  return {
    ...profile,
    days: profile.days + (isNewDay ? 1 : 0),
    lastDay: day,
    hours: isNewHour ? profile.hours.map((days, at) => (at === hour ? days + 1 : days)) : profile.hours,
    hoursOfLastDay: known | (1 << hour),
    span,
    spanCalls,
    rates,
    ratesOfLastDay: reached,
  };
}

/** What was seen just now is last; what was seen longest ago is forgotten first. */
function seen(known: readonly string[], now: readonly string[], most: number): readonly string[] {
  if (now.every((one, index) => known[known.length - now.length + index] === one)) return known;
  const again = new Set(now);
  return [...known.filter((one) => !again.has(one)), ...again].slice(-most);
}

/** What is known of one member; a policy may call it as it likes, also what every object has. */
export const valuesAt = (values: Readonly<Record<string, readonly string[]>> | null, path: string): readonly string[] =>
  values !== null && Object.hasOwn(values, path) ? (values[path] ?? []) : [];

const valuesWith = (values: PastProfile["values"], now: Readonly<Record<string, readonly string[]>>): PastProfile["values"] => ({
  ...values,
  ...Object.fromEntries(Object.entries(now).map(([path, those]) => [path, seen(valuesAt(values, path), those, MOST_VALUES)])),
});

const isKnown = ({ calls, days }: PastProfile): boolean => calls >= KNOWN_CALLS && days >= KNOWN_DAYS;

/** Whether it hardly ever calls at that hour, or one beside it. Of an agent that is not known yet no hour is unusual. */
export function isUnusualHour(profile: PastProfile, nowMs: number): boolean {
  if (!isKnown(profile)) return false;
  const hour = hourOf(nowMs);
  const days = [hour + 23, hour, hour + 1].map((near) => profile.hours[near % 24] ?? 0);
  return Math.max(...days) < Math.max(USUAL_DAYS, profile.days / 20);
}

/** Whether so many calls within `BURST_MS` are far more than the agent makes on usual days. */
export function isBurst(profile: PastProfile, calls: number): boolean {
  const reached = profile.rates.findLastIndex((days) => days >= USUAL_DAYS);
  return isKnown(profile) && calls > Math.max(LEAST_BURST, 2 * (2 ** (reached + 1) - 1));
}
