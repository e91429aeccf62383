/** The policy engine: judges a call so many times, or makes the policy ready so many times. */
import { readPolicyDocument } from "#countersign/policy/document/read-policy-document.ts";
import { compile } from "#countersign/policy/judging/compile.ts";
import type { CompiledPolicy } from "#countersign/policy/judging/compiled.ts";
import type { PolicyFacts } from "#countersign/policy/judging/facts.ts";
import { judge } from "#countersign/policy/judging/judge.ts";
import { ARGS, asked, type Deciding, policyText, RULES } from "./policy-rules.ts";

const FACTS: PolicyFacts = {
  source: "call",
  nowMs: Date.parse("2026-11-24T10:00:00Z"),
  agent: { name: "deployer", groups: ["internal"], owner: { id: "usr_1", username: "ada" }, maker: null },
  server: "db",
  tool: "run_query",
  action: null,
  args: ARGS,
  hints: null,
  caller: null,
  asked: { users: null, groups: null, required: 1, expiresIn: null, useWithin: null, reason: null },
  past: null,
  approvers: Array.from({ length: 20 }, (_, index) => ({ id: `usr_${index}`, username: `person${index}`, groups: ["release"] })),
};

function compiled(deciding: Deciding): CompiledPolicy {
  const read = readPolicyDocument(policyText(deciding));
  if (!read.ok) throw new Error("the policy cannot be read");
  return compile(read.value.document);
}

export default {
  fetch(request: Request): Response {
    const { runs, deciding, what } = asked(request);
    if (what === "compile") {
      for (let run = 0; run < runs; run++) compiled(deciding);
      return new Response("done");
    }
    const policy = compiled(deciding);
    for (let run = 0; run < runs; run++) {
      const { rule } = judge(policy, FACTS);
      if (rule !== `rule-${RULES - 1}`) throw new Error(`${rule} matched`);
    }
    return new Response("done");
  },
};
