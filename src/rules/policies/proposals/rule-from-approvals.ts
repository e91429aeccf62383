/** A rule that lets pass what people have approved, within the bounds of what they saw, with the approvals beside it. Pure. */
import { hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { RiskLevel } from "#countersign/policy/document/policy-document.ts";
import { textLiteral } from "#countersign/policy/proposing/text-literal.ts";
import type { Subject } from "../judged.ts";
import { boundsOf, type MemberBound } from "./bounds.ts";
import { conditionOf } from "./condition.ts";
import type { Whose } from "./like-requests.ts";

/** A request that people approved, with what it was about. */
export interface ApprovedRequest {
  id: string;
  approvedAt: string;
  /** Ids. */
  people: readonly string[];
  risk: RiskLevel;
  args: JsonObject;
}

export interface RuleFromApprovals<One extends ApprovedRequest = ApprovedRequest> {
  name: string;
  whose: Whose;
  subject: Subject;
  members: MemberBound[];
  /** The highest that any of them had. */
  risk: RiskLevel;
  condition: string;
  /** What it comes from: all that it would have let pass of those given, the newest first. */
  approvals: One[];
  /** How many different people approved them. */
  people: number;
  /** One item of a policy's `rules`, in YAML, without indentation, with a comment above it. */
  text: string;
}

/** As many are named in the comment. */
const MOST_NAMED = 10;
/** Of a condition (countersign/policy). */
const MOST_CHARACTERS = 4_000;
const RISKS: readonly RiskLevel[] = ["low", "medium", "high", "critical"];

const slug = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, 40)
    .replaceAll(/^-|-$/g, "");

/** The same each time it is proposed, and another for another rule. */
function nameOf({ tool, action }: Subject, match: readonly string[]): string {
  const digits = hex(sha256(utf8(match.join("\n")))).slice(0, 8);
  return ["approved", slug(tool ?? action ?? ""), digits].filter((part) => part !== "").join("-");
}

const counted = (count: number, one: string, several: string): string => (count === 1 ? `one ${one}` : `${count} ${several}`);

function comment(approvals: readonly ApprovedRequest[], people: number): string[] {
  const named = approvals.slice(0, MOST_NAMED).map(({ id, approvedAt }) => `# ${id} (${approvedAt.slice(0, 10)})`);
  const more = approvals.length - named.length;
  return [
    `# Proposed: approved ${approvals.length === 1 ? "once" : `${approvals.length} times`} by ${counted(people, "person", "people")}, never denied.`,
    ...named,
    ...(more > 0 ? [`# and ${more} more`] : []),
  ];
}

/** Null where it could not be said in a rule, or says less than `least` approvals. `approvals`: the newest first. */
export function ruleFromApprovals<One extends ApprovedRequest>(
  whose: Whose,
  subject: Subject,
  approvals: readonly One[],
  least: number,
): RuleFromApprovals<One> | null {
  const { members, covered } = boundsOf(approvals);
  if (covered.length < least) return null;
  const { source, server, tool, action } = subject;
  // What names no server or tool must not take what names one.
  const unnamed = [...(server === null ? ['tool.server == ""'] : []), ...(tool === null ? ['tool.name == ""'] : [])];
  const condition = [...unnamed, conditionOf(members)].join(" && ");
  if (condition.length > MOST_CHARACTERS) return null;
  const match = [
    `source: ${source}`,
    ...(server === null ? [] : [`server: ${textLiteral(server)}`]),
    ...(tool === null ? [] : [`tool: ${textLiteral(tool)}`]),
    ...(action === null ? [] : [`action: ${textLiteral(action)}`]),
    "agent" in whose ? `agent: ${textLiteral(whose.agent)}` : `groups: ${textLiteral(whose.group)}`,
    `when: '${condition.replaceAll("'", "''")}'`,
  ];
  const risk = covered.reduce<RiskLevel>((highest, one) => (RISKS.indexOf(one.risk) > RISKS.indexOf(highest) ? one.risk : highest), "low");
  const people = new Set(covered.flatMap((one) => one.people)).size;
  const name = nameOf(subject, match);
  const rule = [`- name: ${name}`, "  match:", ...match.map((line) => `    ${line}`), "  effect: allow", `  risk: ${risk}`];
  return {
    name,
    whose,
    subject,
    members,
    risk,
    condition,
    approvals: covered,
    people,
    text: [...comment(covered, people), ...rule].join("\n"),
  };
}
