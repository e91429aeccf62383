/** What admins are told of refusals around policies. */
import type { ProposalRefusal } from "#gate/policies/propose-rules.ts";
import type { PublicationRefusal, PolicyVersion } from "#gate/policies/publish-policy.ts";
import { SIGNATURE_ANSWERS } from "#http/signatures/signature-failures.ts";
import { fieldFailure, publicAnswers } from "#rules/failure.ts";

/** `no-such-place`: a cursor that this service has not given. */
type PolicyRefusal = PublicationRefusal | ProposalRefusal | { reason: "unknown-version" | "no-such-place" };

const inForceText = (inForce: PolicyVersion | null): string =>
  inForce === null ? "no policy has been published" : `version ${inForce.version} is in force now`;

export const policyFailure = publicAnswers<PolicyRefusal>({
  ...SIGNATURE_ANSWERS,
  "policy-has-errors": ({ findings }) => {
    const errors = findings.filter(({ level }) => level === "error");
    const [first] = errors;
    const place = first === undefined ? "" : ` Line ${first.line}: ${first.message}.`;
    const message = `Nothing was published: the policy has ${errors.length === 1 ? "an error" : `${errors.length} errors`}.${place}`;
    return { code: "policy_invalid", message, findings };
  },
  "another-in-force": ({ inForce }) => ({
    code: "policy_changed",
    message: `Nothing was published: ${inForceText(inForce)}. Compare your text with it, and publish again.`,
    inForce: { version: inForce?.version ?? 0, hash: inForce?.hash ?? null },
  }),
  "unknown-version": { code: "not_found", message: "No version of this number was published." },
  "not-approved": { code: "not_found", message: "People have approved no request of this id that you may look at." },
  "not-proposable": fieldFailure(
    "request",
    "no rule can be made of it: it is of critical risk, somebody has denied it, what was asked for is not kept any more or cannot be said in a rule, or the policy does not ask people about it now",
  ),
  "no-such-place": fieldFailure("cursor", "no answer of this service had this"),
});
