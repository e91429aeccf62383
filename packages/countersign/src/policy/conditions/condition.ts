/**
 * Conditions (CEL). Each is parsed, checked and weighed once; then it holds, does not hold, or fails. It fails where a member is
 * missing or of another type, where it gives anything but true or false, and where it could run too long on what it is given:
 * that is known before it runs, since nothing can end it once it does.
 */
import { Environment, EvaluationError, ParseError, type ParseResult, TypeError as CheckError } from "@marcbachmann/cel-js";
import { accept, refuse, type Result } from "../../result.ts";
import { containsMatch } from "./pattern.ts";
import { type ConditionFault, emptyOutline, type Outline } from "./outline.ts";
import { compareOneKind } from "./same-kind.ts";
import { outlineOf, rewriteCalls } from "./syntax.ts";
import { PastFacts, type RuleCondition, type Workload } from "./workload.ts";
import { wallClock } from "./zones.ts";

const MAX_NODES = 500;
/** What conditions are over: the judged thing, or one past call of many. */
type Over = "judged" | "past";
const MAX_LOOPS: Readonly<Record<Over, number>> = { judged: 2, past: 1 };
/** Steps of one condition in loops, and characters or items that its loops may read through. */
const MOST_STEPS = 1_000_000;
const MOST_READ = 10_000_000;
const LINEAR_MATCHES = "linearMatches";

const TIME = "google.protobuf.Timestamp";

/** Arguments are JSON, whose numbers are doubles; numbers in a condition are integers. Reckoning with both gives doubles. */
const ARITHMETIC = {
  "+": (a: number, b: number) => a + b,
  "-": (a: number, b: number) => a - b,
  "*": (a: number, b: number) => a * b,
  "/": (a: number, b: number) => a / b,
};

function makeEnvironment(isOfPast: boolean): Environment {
  const environment = new Environment({
    limits: { maxAstNodes: MAX_NODES, maxDepth: 24, maxListElements: MAX_NODES, maxMapEntries: 100, maxCallArguments: 8 },
  });
  environment.registerVariable("args", "map<string, dyn>").registerVariable("lists", "map<string, list<dyn>>");
  for (const [sign, reckon] of Object.entries(ARITHMETIC)) {
    environment.registerOperator(`double ${sign} int`, (a: number, b: bigint) => reckon(a, Number(b)));
    environment.registerOperator(`int ${sign} double`, (a: bigint, b: number) => reckon(Number(a), b));
  }
  if (!isOfPast) registerJudged(environment);
  environment.registerFunction(`string.${LINEAR_MATCHES}(string): bool`, (text: string, pattern: string) => containsMatch(pattern, text));
  return environment;
}

/** What the judged thing has, and a past call has not. */
function registerJudged(environment: Environment): void {
  for (const name of ["tool", "agent", "caller"]) environment.registerVariable(name, "map<string, dyn>");
  environment.registerVariable("action", "string").registerVariable("now", TIME);
  environment.registerType("Past", { ctor: PastFacts, fields: {} }).registerVariable("history", "Past");
  environment.registerFunction("Past.count(string): int", (past: PastFacts, key: string) => past.count(key));
  environment.registerFunction("Past.sum(string): double", (past: PastFacts, key: string) => past.sum(key));
  environment.registerFunction("Past.any(string): bool", (past: PastFacts, key: string) => past.any(key));
  const clockIn = (time: Date, zone: string) => {
    const clock = wallClock(zone, time.getTime());
    if (clock === null) throw new RangeError(`there is no time zone ${zone}`);
    return clock;
  };
  environment.registerFunction(`${TIME}.hourIn(string): int`, (time: Date, zone: string) =>
    BigInt(Math.floor(clockIn(time, zone).minutes / 60)),
  );
  environment.registerFunction(`${TIME}.dayIn(string): string`, (time: Date, zone: string) => clockIn(time, zone).weekday);
}

const environments = new Map<Over, Environment>();

function environmentOf(over: Over): Environment {
  const environment = environments.get(over) ?? makeEnvironment(over === "past");
  environments.set(over, environment);
  return environment;
}

/** Parses and checks a condition. `lists` are the names of lists that there are. Refuses with all that is wrong with it. */
export const compileCondition = (source: string, lists: readonly string[]): Result<RuleCondition, ConditionFault[]> =>
  compileOver("judged", source, lists);

/** The same of one on a past call, which has arguments and lists alone. */
export const compilePastCondition = (source: string, lists: readonly string[]): Result<RuleCondition, ConditionFault[]> =>
  compileOver("past", source, lists);

function compileOver(over: Over, source: string, lists: readonly string[]): Result<RuleCondition, ConditionFault[]> {
  let parsed: ParseResult;
  try {
    parsed = environmentOf(over).parse(source);
  } catch (error) {
    return refuse([faultOf(error)]);
  }
  const outline = outlineOf(parsed.ast, lists);
  const most = MAX_LOOPS[over];
  if (outline.depth > most) {
    outline.faults.push({ code: "too_costly", offset: 0, message: `loops are nested more than ${most} deep`, hint: null });
  }
  if (outline.faults.length > 0) return refuse(outline.faults);
  rewriteCalls(parsed.ast, LINEAR_MATCHES);
  const checked = parsed.check();
  if (!checked.valid) return refuse([faultOf(checked.error)]);
  if (checked.type !== "bool" && checked.type !== "dyn") {
    return refuse([{ code: "bad_condition", offset: 0, message: `a condition is true or false, and this is ${checked.type}`, hint: null }]);
  }
  compareOneKind(parsed.ast);
  return accept({ source, outline, holds: (work) => holds(parsed, outline, over, work) });
}

function faultOf(error: unknown): ConditionFault {
  if (error instanceof ParseError || error instanceof CheckError || error instanceof EvaluationError) {
    const message = `this condition cannot be read: ${error.summary}`;
    return { code: error.code.includes("limit") ? "too_costly" : "bad_condition", offset: error.range?.start ?? 0, message, hint: null };
  }
  throw error;
}

/** What a condition may take over facts with texts and lists of that length. */
function stepsOf(
  { nodes, givenDepth, factor, scans, joins }: Outline,
  longest: number,
): { steps: number; read: number; readInLoops: number } {
  const length = Math.max(longest, nodes) * (1 + joins);
  const readInLoops = scans[1] * length ** 2 + scans[2] * length ** 3;
  return { steps: length ** givenDepth * factor * nodes, read: scans[0] * length + readInLoops, readInLoops };
}

function holds(parsed: ParseResult, outline: Outline, over: Over, work: Workload): boolean | null {
  const { steps, read, readInLoops } = stepsOf(outline, work.longest);
  const isTooMuch = steps > MOST_STEPS || readInLoops > MOST_READ || steps + read > work.stepsLeft;
  if (isTooMuch) return null;
  work.stepsLeft -= steps + read;
  try {
    const { args, lists } = work.facts;
    const result: unknown = parsed(over === "past" ? { args, lists } : { ...work.facts });
    return typeof result === "boolean" ? result : null;
  } catch {
    // Whatever it throws, it has not said that it holds: a zone that is unknown is no EvaluationError.
    return null;
  }
}

/** A condition that could not be compiled: it fails, always. */
export const failing = (source: string): RuleCondition => ({
  source,
  outline: emptyOutline(),
  holds: () => null,
});
