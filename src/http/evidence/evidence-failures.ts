/** What admins and auditors are told of evidence that is not made. */
import type { PlanRefusal } from "#gate/evidence/plan-bundle.ts";
import { fieldFailure, publicAnswers } from "#rules/failure.ts";

type EvidenceRefusal = PlanRefusal | { reason: "no-such-time-from" | "no-such-time-to" };

const shorter = "Ask for shorter periods, each from where the one before ended: together they show the same.";

export const bundleFailure = publicAnswers<EvidenceRefusal>({
  "no-such-time-from": fieldFailure("from", "there is no such time"),
  "no-such-time-to": fieldFailure("to", "there is no such time"),
  "from-after-to": fieldFailure("from", "it is after to"),
  "too-many-leaves": ({ leaves, most }) => ({
    code: "period_too_long",
    message: `The log has ${leaves} leaves in this period, and a bundle holds ${most}. ${shorter}`,
  }),
  "too-many-requests": ({ requests, most }) => ({
    code: "period_too_long",
    message: `${requests} requests ended in this period, and a bundle holds the receipts of ${most}. ${shorter}`,
  }),
});
