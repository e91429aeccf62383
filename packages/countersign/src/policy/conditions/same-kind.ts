/**
 * Comparing a text with a list is false in CEL, and unlike it true. An agent chooses the types of its arguments freely, and would choose
 * its rule by them: so here values of different kinds are not compared, and the condition fails. With null everything may be compared.
 *
 * What compares is found on the nodes of a checked condition, which is no documented interface of the library: its version is pinned,
 * and test/node/policies/conditions.test.ts holds what this relies on.
 */
import type { ASTNode } from "@marcbachmann/cel-js";

/** What evaluates a node of two operands, once the condition is checked. */
type Compare = (left: unknown, right: unknown, node: unknown, evaluator: unknown) => unknown;
interface Comparing {
  op: "==" | "!=" | "in";
  handle: Compare;
}

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

/** Whole numbers and others are of one kind. By the prototype, never by a member: an agent may call one `constructor`. */
function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (typeof value !== "object") return typeof value === "bigint" ? "number" : typeof value;
  if (isList(value)) return "list";
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null || prototype === Object.prototype ? "map" : `a ${prototype.constructor.name}`;
}

/** Whether two values are of one kind, all the way down as far as they are alike: of what has another length nothing is compared. */
function areOfOneKind(left: unknown, right: unknown): boolean {
  if (left === null || right === null) return true;
  const kind = kindOf(left);
  if (kind !== kindOf(right)) return false;
  if (isList(left) && isList(right)) return left.length !== right.length || left.every((one, i) => areOfOneKind(one, right[i]));
  if (kind !== "map") return true;
  const [members, others] = [left, right] as [Record<string, unknown>, Record<string, unknown>];
  return Object.keys(members).every((name) => !Object.hasOwn(others, name) || areOfOneKind(members[name], others[name]));
}

/** Whether what is looked for could be there; in nothing it surely is not. */
function couldHold(all: unknown, one: unknown): boolean {
  const held = all instanceof Set ? [...(all as Set<unknown>)] : all;
  if (isList(held)) return held.length === 0 || held.some((other) => areOfOneKind(one, other));
  return typeof one === "string";
}

function guard(node: Comparing): void {
  const { handle } = node;
  node.handle = (left, right, ...rest) => {
    if (node.op === "in" ? !couldHold(right, left) : !areOfOneKind(left, right)) throw new TypeError("values of different kinds");
    return handle(left, right, ...rest);
  };
}

const isComparing = (part: object): part is Comparing =>
  "op" in part && (part.op === "==" || part.op === "!=" || part.op === "in") && "handle" in part && typeof part.handle === "function";

/** Every comparison of a checked condition fails from then on between values of different kinds. */
export function compareOneKind(ast: ASTNode): void {
  const seen = new Set<object>();
  const waiting: unknown[] = [ast];
  while (waiting.length > 0) {
    const part = waiting.pop();
    if (typeof part !== "object" || part === null || seen.has(part)) continue;
    seen.add(part);
    if (isList(part)) waiting.push(...part);
    else if ("op" in part && "args" in part) {
      if (isComparing(part)) guard(part);
      // Loops are evaluated by nodes that were made of those that are written.
      const { meta } = part as { meta?: { alternate?: unknown } };
      waiting.push(part.args, meta?.alternate);
    }
  }
}
