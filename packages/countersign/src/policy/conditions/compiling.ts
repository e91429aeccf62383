/**
 * Expressions (CEL) of a policy, parsed, checked and weighed once, and how one is run: what it is over, how much it may do. How much that
 * is, is known before it runs, since nothing can end it once it does.
 */
import { Environment, EvaluationError, ParseError, type ParseResult, TypeError as CheckError } from "@marcbachmann/cel-js";
import type { JsonValue } from "../../json/canonical-json.ts";
import { accept, refuse, type Result } from "../../result.ts";
import { containsMatch } from "./pattern.ts";
import type { ConditionFault, Outline } from "./outline.ts";
import { compareOneKind } from "./same-kind.ts";
import { outlineOf, rewriteCalls } from "./syntax.ts";
import { type ConditionFacts, PastFacts, type PastCallFacts } from "./workload.ts";
import { wallClock } from "./zones.ts";

const MAX_NODES = 500;
/** What expressions are over: the judged thing, one past call of many, or what a tool has answered. */
export type Over = "judged" | "past" | "answer";
const MAX_LOOPS: Readonly<Record<Over, number>> = { judged: 2, past: 1, answer: 2 };
/** Steps of one expression in loops, and characters or items that its loops may read through. */
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

/** `mixes`: lists and maps that are written out hold values of several kinds. */
function makeEnvironment(over: Over, mixes: boolean): Environment {
  const environment = new Environment({
    homogeneousAggregateLiterals: !mixes,
    limits: { maxAstNodes: MAX_NODES, maxDepth: 24, maxListElements: MAX_NODES, maxMapEntries: 100, maxCallArguments: 8 },
  });
  environment.registerVariable("lists", "map<string, list<dyn>>");
  environment.registerVariable(over === "answer" ? "result" : "args", "map<string, dyn>");
  for (const [sign, reckon] of Object.entries(ARITHMETIC)) {
    environment.registerOperator(`double ${sign} int`, (a: number, b: bigint) => reckon(a, Number(b)));
    environment.registerOperator(`int ${sign} double`, (a: bigint, b: number) => reckon(Number(a), b));
  }
  if (over === "judged") registerJudged(environment);
  environment.registerFunction(`string.${LINEAR_MATCHES}(string): bool`, (text: string, pattern: string) => containsMatch(pattern, text));
  return environment;
}

/** What the judged thing has, and nothing else. */
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

const environments = new Map<string, Environment>();

function environmentOf(over: Over, mixes: boolean): Environment {
  const name = `${over} ${mixes}`;
  const environment = environments.get(name) ?? makeEnvironment(over, mixes);
  environments.set(name, environment);
  return environment;
}

/** What an expression has to give, by the names of its types; and the same in words: "a condition is true or false". */
export interface Gives {
  types: readonly RegExp[];
  told: string;
  /** Whether what it writes out may hold values of several kinds. */
  mixes: boolean;
}

export interface CompiledExpression {
  parsed: ParseResult;
  outline: Outline;
  over: Over;
}

/** Parses and checks an expression. `lists` are the names of lists that there are. Refuses with all that is wrong with it. */
export function compileOver(
  over: Over,
  source: string,
  lists: readonly string[],
  gives: Gives,
): Result<CompiledExpression, ConditionFault[]> {
  let parsed: ParseResult;
  try {
    parsed = environmentOf(over, gives.mixes).parse(source);
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
  const { type = "dyn" } = checked;
  if (type !== "dyn" && !gives.types.some((one) => one.test(type))) {
    return refuse([{ code: "bad_condition", offset: 0, message: `${gives.told}, and this is ${type}`, hint: null }]);
  }
  compareOneKind(parsed.ast);
  return accept({ parsed, outline, over });
}

function faultOf(error: unknown): ConditionFault {
  if (error instanceof ParseError || error instanceof CheckError || error instanceof EvaluationError) {
    const message = `this condition cannot be read: ${error.summary}`;
    return { code: error.code.includes("limit") ? "too_costly" : "bad_condition", offset: error.range?.start ?? 0, message, hint: null };
  }
  throw error;
}

/** What an expression may take over facts with texts and lists of that length. */
function stepsOf(
  { nodes, givenDepth, factor, scans, joins }: Outline,
  longest: number,
): { steps: number; read: number; readInLoops: number } {
  const length = Math.max(longest, nodes) * (1 + joins);
  const readInLoops = scans[1] * length ** 2 + scans[2] * length ** 3;
  return { steps: length ** givenDepth * factor * nodes, read: scans[0] * length + readInLoops, readInLoops };
}

/** What a tool has answered, as expressions see it. */
export interface AnswerFacts {
  result: { [name: string]: JsonValue };
  lists: ConditionFacts["lists"];
}

/** What an expression runs over; see `Workload`. */
interface Running {
  facts: ConditionFacts | PastCallFacts | AnswerFacts;
  longest: number;
  stepsLeft: number;
}

/** What an expression gives; undefined where it fails. Takes its steps from what is left. */
export function runExpression({ parsed, outline, over }: CompiledExpression, work: Running): unknown {
  const { steps, read, readInLoops } = stepsOf(outline, work.longest);
  const isTooMuch = steps > MOST_STEPS || readInLoops > MOST_READ || steps + read > work.stepsLeft;
  if (isTooMuch) return undefined;
  work.stepsLeft -= steps + read;
  try {
    const { facts } = work;
    return parsed(over === "past" && "args" in facts ? { args: facts.args, lists: facts.lists } : { ...facts });
  } catch {
    // Whatever it throws, it has given nothing: a zone that is unknown is no EvaluationError.
    return undefined;
  }
}
