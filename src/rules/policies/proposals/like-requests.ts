/** Requests that are alike but for their arguments: of one agent, or of agents of one group, for one tool of one server. Pure. */
import type { RequestDocument } from "#countersign/documents/request.ts";
import type { RiskLevel } from "#countersign/policy/document/policy-document.ts";
import { type Subject, requestSubject } from "../judged.ts";

/** Fewer approvals say nothing. */
export const LEAST_APPROVALS = 3;

/** The end of a request, as the log has it. */
export interface EndedRequest {
  request: RequestDocument;
  at: string;
  isApproved: boolean;
  /** Ids of who approved, and of who denied, whatever came of it. */
  approvedBy: readonly string[];
  deniedBy: readonly string[];
}

/** Whose requests these are: an agent's, or those of all agents of a group. By name, as rules have it. */
export type Whose = { agent: string } | { group: string };

export interface LikeRequests {
  whose: Whose;
  subject: Subject;
  /** Those that people approved, in the order given. */
  approved: EndedRequest[];
}

export const riskIn = ({ context }: RequestDocument): RiskLevel => {
  const risk = context["risk"];
  return (typeof risk === "object" && risk !== null && "level" in risk ? (risk.level as RiskLevel | undefined) : undefined) ?? "medium";
};

const wouldMatchOthers = (name: string | null): boolean => name !== null && /[*?]/.test(name);

/** Whether names can be written so that a rule means just these: they are globs there. */
export const canBeNamed = (whose: Whose, { server, tool, action }: Subject): boolean =>
  ![server, tool, action, "agent" in whose ? whose.agent : null].some(wouldMatchOthers);

/**
 * Those that people approved often enough, nobody ever denied, and none of which was critical. `groupsOf`: of an agent by its id, now;
 * what is said of a group is said where more than one agent of it asked.
 */
export function likeRequests(ended: readonly EndedRequest[], groupsOf: (agentId: string) => readonly string[]): LikeRequests[] {
  const all = new Map<string, LikeRequests & { agents: Set<string>; isOut: boolean }>();
  for (const one of ended) {
    const { requested_by: by } = one.request;
    const subject = requestSubject(one.request);
    const owners: Whose[] = [{ agent: by.name }, ...groupsOf(by.id).map((group) => ({ group }))];
    for (const whose of owners) {
      const key = JSON.stringify([whose, subject]);
      const like = all.get(key) ?? { whose, subject, approved: [], agents: new Set(), isOut: !canBeNamed(whose, subject) };
      all.set(key, like);
      if (one.deniedBy.length > 0 || riskIn(one.request) === "critical") like.isOut = true;
      if (!one.isApproved) continue;
      like.approved.push(one);
      like.agents.add(by.id);
    }
  }
  return [...all.values()]
    .filter(({ whose, approved, agents, isOut }) => !isOut && approved.length >= LEAST_APPROVALS && ("agent" in whose || agents.size > 1))
    .map(({ whose, subject, approved }) => ({ whose, subject, approved }));
}
