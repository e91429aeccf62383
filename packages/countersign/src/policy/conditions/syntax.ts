/** What a condition is made of: walked once, to know what it may not say and how much it can cost. */
import type { ASTNode } from "@marcbachmann/cel-js";
import { closest } from "../document/closest.ts";
import type { FindingCode } from "../document/finding.ts";
import { askByKey, HISTORY_ALONE, type HistoryCall, isHistoryCall, literalText, questionOf } from "./history.ts";
import { emptyOutline, type Outline } from "./outline.ts";
import { checkPattern } from "./pattern.ts";
import { isZone } from "./zones.ts";

const LOOPS = ["all", "exists", "exists_one", "filter", "map"];
const TEXT = ["contains", "startsWith", "endsWith", "matches", "indexOf", "lastIndexOf", "substring", "lowerAscii", "upperAscii", "trim"];
const CLOCK = [
  "getDate",
  "getDayOfMonth",
  "getDayOfWeek",
  "getDayOfYear",
  "getFullYear",
  "getHours",
  "getMilliseconds",
  "getMinutes",
  "getMonth",
  "getSeconds",
];
const ZONED = ["hourIn", "dayIn"];
const METHODS = [...LOOPS, ...TEXT, ...CLOCK, ...ZONED, "size"];
const FUNCTIONS = ["has", "size", "int", "double", "string", "bool", "timestamp", "duration", "dyn"];
const SCANNING = new Set([...TEXT, "size"]);

/** The members of what is not the agent's to choose. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  tool: ["server", "name", "hints"],
  agent: ["name", "owner", "groups", "chain"],
  caller: ["issuer", "subject", "groups"],
};

/** Of a node: in which loops it stands. */
interface Place {
  depth: number;
  givenDepth: number;
  factor: number;
}

/** Comparing two texts is much faster than searching one. */
const COMPARISON = 1 / 16;

/** Walks a condition. `lists` are the names of lists that there are. Calls are left for `rewriteCalls`. */
export function outlineOf(ast: ASTNode, lists: readonly string[]): Outline {
  const outline = emptyOutline();
  visitNode(ast, { depth: 0, givenDepth: 0, factor: 1 }, outline, lists);
  return outline;
}

const tell = ({ faults }: Outline, code: FindingCode, { range }: ASTNode, message: string, hint: string | null = null): void =>
  void faults.push({ code, offset: range.start, message, hint });

const scan = ({ scans }: Outline, { givenDepth, factor }: Place, share = 1): void => {
  const depth = Math.min(givenDepth, 2) as 0 | 1 | 2;
  scans[depth] += factor * share;
};

function visitNode(node: ASTNode, place: Place, outline: Outline, lists: readonly string[]): void {
  outline.nodes += 1;
  outline.depth = Math.max(outline.depth, place.depth);
  outline.givenDepth = Math.max(outline.givenDepth, place.givenDepth);
  outline.factor = Math.max(outline.factor, place.factor);
  const visit = (one: ASTNode, at = place) => visitNode(one, at, outline, lists);
  switch (node.op) {
    case "value":
      return;
    case "id":
      if (node.args === "args") outline.argumentUses += 1;
      if (node.args === "history") outline.faults.push({ ...HISTORY_ALONE, offset: node.range.start });
      return;
    case ".":
    case ".?":
      checkMember(node, node.args[0], node.args[1], outline, lists);
      noteArgument(node, outline);
      return visit(node.args[0]);
    case "call":
      return visitCall(node, place, outline, visit);
    case "rcall":
      return visitMethod(node, place, outline, visit);
    case "list":
      return node.args.forEach((one) => visit(one));
    case "map":
      return node.args.forEach((entry) => entry.forEach((one) => visit(one)));
    case "!_":
    case "-_":
      return visit(node.args);
    case "in":
    case "==":
    case "!=":
      if (readsWhole(node.op, node.args)) scan(outline, place, node.op === "in" ? 1 : COMPARISON);
      return node.args.forEach((one) => visit(one));
    case "+":
      outline.joins += 1;
      return node.args.forEach((one) => visit(one));
    case "[]":
      noteArgument(node, outline);
      return node.args.forEach((one) => visit(one));
    default:
      return node.args.forEach((one) => visit(one));
  }
}

function noteArgument(node: ASTNode, outline: Outline): void {
  const path = pathInArguments(node);
  if (path !== null) outline.argumentMembers.push({ path, offset: node.range.start });
}

/** The names from `args` to a member; null if it is none of its, or some name is reckoned. */
function pathInArguments(node: ASTNode): string[] | null {
  if (node.op === "id") return node.args === "args" ? [] : null;
  if (node.op !== "." && node.op !== ".?" && node.op !== "[]") return null;
  const name = node.op === "[]" ? literalText(node.args[1]) : node.args[1];
  const above = pathInArguments(node.args[0]);
  return above === null || name === null ? null : [...above, name];
}

/** Comparing with what is written in the condition ends early. */
const readsWhole = (op: "in" | "==" | "!=", [left, right]: readonly [ASTNode, ASTNode]): boolean =>
  op === "in" ? right.op !== "list" : left.op !== "value" && right.op !== "value";

function checkMember(node: ASTNode, target: ASTNode, member: string, outline: Outline, lists: readonly string[]): void {
  if (target.op !== "id") return;
  const known = target.args === "lists" ? lists : Object.hasOwn(MEMBERS, target.args) ? MEMBERS[target.args] : undefined;
  if (known === undefined || known.includes(member)) return;
  const meant = closest(member, known);
  const hint = meant !== null ? `is ${target.args}.${meant} meant?` : known.length > 0 ? `there are: ${known.join(", ")}` : null;
  tell(outline, "bad_condition", node, `${target.args} has no ${member}`, hint);
}

type Visit = (node: ASTNode, at?: Place) => void;

function visitCall(node: ASTNode & { op: "call" }, place: Place, outline: Outline, visit: Visit): void {
  const [name, args] = node.args;
  checkName(node, name, FUNCTIONS, outline);
  if (name === "size" || name === "string") scan(outline, place);
  args.forEach((one) => visit(one));
}

function checkName(node: ASTNode, name: string, known: readonly string[], outline: Outline): void {
  if (known.includes(name)) return;
  const meant = closest(name, known);
  tell(outline, "bad_condition", node, `there is no function ${name} here`, meant === null ? null : `is ${meant} meant?`);
}

function visitMethod(node: ASTNode & { op: "rcall" }, place: Place, outline: Outline, visit: Visit): void {
  const [name, target, args] = node.args;
  if (isHistoryCall(node)) return visitHistory(node, outline);
  checkName(node, name, METHODS, outline);
  if (SCANNING.has(name)) scan(outline, place);
  if (TEXT.includes(name)) noteText(target, outline);
  if (name === "matches") checkMatches(node, args, outline);
  if (CLOCK.includes(name) && args.length > 0)
    tell(outline, "bad_condition", node, `${name} takes no zone here`, "use now.hourIn(zone) or now.dayIn(zone)");
  if (ZONED.includes(name)) checkZone(node, args, outline);
  visit(target);
  const inLoop = LOOPS.includes(name) ? loopOver(target, place) : place;
  args.forEach((one) => visit(one, inLoop));
}

/** What it is asked is all written out: nothing of it is judged over what is given. */
function visitHistory(node: HistoryCall, outline: Outline): void {
  const asked = questionOf(node);
  if (!asked.ok) return void outline.faults.push(asked.refusal);
  const { question, conditionAt } = asked.value;
  outline.asksPast.push(question);
  if (question.ask === "any") outline.pastConditions.push({ source: question.when, offset: conditionAt });
}

const loopOver = (target: ASTNode, { depth, givenDepth, factor }: Place): Place =>
  target.op === "list"
    ? { depth: depth + 1, givenDepth, factor: factor * Math.max(1, target.args.length) }
    : { depth: depth + 1, givenDepth: givenDepth + 1, factor };

/** The member of `args` that a function on text is called on, through other such functions. */
function noteText(target: ASTNode, outline: Outline): void {
  if (target.op === "rcall") return noteText(target.args[1], outline);
  if (target.op === "." && typeof target.args[1] === "string") outline.textMembers.add(target.args[1]);
  if (target.op === "[]" && target.args[1].op === "value") outline.textMembers.add(String(target.args[1].args));
}

function checkMatches(node: ASTNode, args: readonly ASTNode[], outline: Outline): void {
  const pattern = literalText(args[0]);
  if (pattern === null) return tell(outline, "bad_pattern", args[0] ?? node, "a pattern is written out as text, so that it can be checked");
  const checked = checkPattern(pattern);
  if (!checked.ok) return tell(outline, "bad_pattern", args[0] ?? node, `this pattern cannot be used: ${checked.refusal}`);
  outline.patternWeight += checked.value;
}

function checkZone(node: ASTNode, args: readonly ASTNode[], outline: Outline): void {
  const zone = literalText(args[0]);
  if (zone === null) return tell(outline, "unknown_zone", args[0] ?? node, "a zone is written out as text, so that it can be checked");
  if (!isZone(zone)) tell(outline, "unknown_zone", args[0] ?? node, `there is no time zone ${JSON.stringify(zone.slice(0, 64))}`);
}

/**
 * Every call of `matches` below a node becomes one of `name`: the library's own would run on a pattern that can take for ever. Every call
 * of `history` asks by the name of its question.
 */
export function rewriteCalls(node: ASTNode, name: string): void {
  const parts: unknown[] = [node];
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    if (Array.isArray(part)) parts.push(...(part as unknown[]).filter((one) => typeof one === "object" && one !== null));
    else if (typeof part === "object" && part !== null && "op" in part && "args" in part) {
      const { op, args } = part as { op: string; args: unknown };
      if (op === "rcall" && Array.isArray(args) && args[0] === "matches") args[0] = name;
      if (isHistoryCall(part as ASTNode)) askByKey(part as HistoryCall);
      if (op !== "value" && typeof args === "object" && args !== null) parts.push(args);
    }
  }
}
