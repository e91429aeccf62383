/** Four weeks of five kinds of agent: every incident is flagged, and hardly anything else. */
import { describe, expect, it } from "vitest";
import { judge } from "#countersign/policy/judging/judge.ts";
import { answerPast } from "#countersign/policy/judging/past/answer.ts";
import { type PastCall, scalarsOf, watchedOf } from "#countersign/policy/judging/past/call.ts";
import { NO_PROFILE, profileWith } from "#countersign/policy/judging/past/profile.ts";
import { questionsFor } from "#countersign/policy/judging/past/questions.ts";
import { aCall, policyOf } from "#test/support/policies/policy-facts.ts";
import { type SimulatedAgent, simulatedAgents } from "#test/support/policies/simulated-days.ts";

const POLICY = policyOf(`lists: { personal: [patients, employees] }
anomaly:
  watch: [to, table, host, cluster, iban]
  chains:
    - name: secret-then-out
      within: 15m
      add: 60
      steps: [{ tool: "read_*", when: 'has(args.path) && args.path.contains(".ssh")' }, { tool: ["http_*", "send_*", "upload_*"] }]
    - name: personal-then-out
      within: 1h
      add: 60
      steps: [{ tool: "query_*", when: has(args.table) && args.table in lists.personal }, { tool: ["http_*", "send_*", "upload_*"] }]
    - name: down-and-gone
      within: 1h
      add: 60
      steps: [{ tool: "list_*" }, { tool: ["scale_*", "restart_*"] }, { tool: "delete_log*" }]
rules: [{ name: all, effect: allow, risk: low }]
`);

interface Flagged {
  ordinary: number;
  flagged: number;
  incidents: Map<string, boolean>;
}

/** What is held did not happen; what passed, noted or not, is learnt. */
function watched({ calls }: SimulatedAgent): Flagged {
  let [profile, past] = [NO_PROFILE, [] as PastCall[]];
  const found: Flagged = { ordinary: 0, flagged: 0, incidents: new Map() };
  const watch = POLICY.anomaly?.watch ?? [];
  for (const { atMs, tool, args, incident } of calls) {
    const facts = aCall({ nowMs: atMs, tool, args });
    const call: PastCall = { atMs, server: null, tool, ...scalarsOf(args), watched: watchedOf(args, watch), key: String(past.length) };
    past = past.filter((one) => one.atMs > atMs - POLICY.longestWithin);
    const judged = { nowMs: atMs, tool, watched: call.watched ?? {} };
    const answers = answerPast(questionsFor(POLICY, facts), { calls: past, sinceMs: null, profile }, judged, POLICY);
    const { anomaly, effect } = judge(POLICY, { ...facts, past: answers });
    const isFlagged = anomaly?.isNotice === true;
    if (incident === null) {
      found.ordinary += 1;
      found.flagged += isFlagged ? 1 : 0;
    } else {
      found.incidents.set(incident, isFlagged || found.incidents.get(incident) === true);
    }
    if (effect !== "allow") continue;
    past.push(call);
    profile = profileWith(profile, call);
  }
  return found;
}

describe.each([1, 2])("days of seed %i", (seed) => {
  it.each(simulatedAgents(seed).map((agent) => [agent.kind, agent] as const))("of a %s", (_, agent) => {
    const { ordinary, flagged, incidents } = watched(agent);
    expect([...incidents].filter(([, isFlagged]) => !isFlagged)).toEqual([]);
    expect(incidents.size).toBe(2);
    expect(ordinary).toBeGreaterThan(400);
    expect(flagged / ordinary).toBeLessThanOrEqual(0.01);
  });
});
