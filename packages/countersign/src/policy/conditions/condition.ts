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
import { linearMatches, outlineOf } from "./syntax.ts";
import type { RuleCondition, Workload } from "./workload.ts";
import { wallClock } from "./zones.ts";

const MAX_NODES = 500;
const MAX_LOOPS = 2;
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

function makeEnvironment(): Environment {
  const environment = new Environment({
    limits: { maxAstNodes: MAX_NODES, maxDepth: 24, maxListElements: MAX_NODES, maxMapEntries: 100, maxCallArguments: 8 },
  });
  for (const name of ["args", "tool", "agent", "caller"]) environment.registerVariable(name, "map<string, dyn>");
  environment.registerVariable("action", "string").registerVariable("now", TIME).registerVariable("lists", "map<string, list<dyn>>");
  for (const [sign, reckon] of Object.entries(ARITHMETIC)) {
    environment.registerOperator(`double ${sign} int`, (a: number, b: bigint) => reckon(a, Number(b)));
    environment.registerOperator(`int ${sign} double`, (a: bigint, b: number) => reckon(Number(a), b));
  }
  environment.registerFunction(`string.${LINEAR_MATCHES}(string): bool`, (text: string, pattern: string) => containsMatch(pattern, text));
  const clockIn = (time: Date, zone: string) => {
    const clock = wallClock(zone, time.getTime());
    if (clock === null) throw new RangeError(`there is no time zone ${zone}`);
    return clock;
  };
  environment.registerFunction(`${TIME}.hourIn(string): int`, (time: Date, zone: string) =>
    BigInt(Math.floor(clockIn(time, zone).minutes / 60)),
  );
  environment.registerFunction(`${TIME}.dayIn(string): string`, (time: Date, zone: string) => clockIn(time, zone).weekday);
  return environment;
}

let environment: Environment | null = null;

/** Parses and checks a condition. `lists` are the names of lists that there are. Refuses with all that is wrong with it. */
export function compileCondition(source: string, lists: readonly string[]): Result<RuleCondition, ConditionFault[]> {
  environment ??= makeEnvironment();
  let parsed: ParseResult;
  try {
    parsed = environment.parse(source);
  } catch (error) {
    return refuse([faultOf(error)]);
  }
  const outline = outlineOf(parsed.ast, lists);
  if (outline.depth > MAX_LOOPS) {
    outline.faults.push({ code: "too_costly", offset: 0, message: `loops are nested more than ${MAX_LOOPS} deep`, hint: null });
  }
  if (outline.faults.length > 0) return refuse(outline.faults);
  if (outline.usesHistory) {
    return refuse([
      { code: "not_available", offset: source.indexOf("history"), message: "history is not available in this version", hint: null },
    ]);
  }
  linearMatches(parsed.ast, LINEAR_MATCHES);
  const checked = parsed.check();
  if (!checked.valid) return refuse([faultOf(checked.error)]);
  if (checked.type !== "bool" && checked.type !== "dyn") {
    return refuse([{ code: "bad_condition", offset: 0, message: `a condition is true or false, and this is ${checked.type}`, hint: null }]);
  }
  compareOneKind(parsed.ast);
  return accept({ source, outline, holds: (work) => holds(parsed, outline, work) });
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

function holds(parsed: ParseResult, outline: Outline, work: Workload): boolean | null {
  const { steps, read, readInLoops } = stepsOf(outline, work.longest);
  const isTooMuch = steps > MOST_STEPS || readInLoops > MOST_READ || steps + read > work.stepsLeft;
  if (isTooMuch) return null;
  work.stepsLeft -= steps + read;
  try {
    const result: unknown = parsed({ ...work.facts });
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
