/** Whole receipts of version 2, as sealed-receipt.ts makes those of version 1: of requests that a published policy has judged. */
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { ReceiptV2 } from "#countersign/documents/receipt.ts";
import type { Basis, FinalKind, RecordOf } from "#countersign/documents/record.ts";
import type { RequestV2 } from "#countersign/documents/request.ts";
import { saltedTextHash } from "#countersign/documents/statement.ts";
import {
  bytesNamed,
  commonMembers,
  decide,
  ENDS,
  makeRequest,
  onThatDay,
  type PartsRecipe,
  PAYLOAD,
  proveParts,
  USUAL_DECISIONS,
  type World,
} from "./sealed-receipt.ts";

/** Of the policy that has judged these requests. */
export const POLICY = { version: 3, rule: "production-deploys", hash: "7".repeat(64) };

export interface PolicyRecipe extends PartsRecipe {
  /** On what it passes without people; its status is then `approved`. */
  basis?: Basis;
  /** What the agent says about the outcome. */
  detail?: string;
  /** Before anybody signs. */
  request?: (request: RequestV2) => void;
  final?: (record: RecordOf<FinalKind>) => void;
  passed?: (record: RecordOf<"approval.auto_approved">) => void;
  policy?: (record: RecordOf<"policy.published">) => void;
  /** Before it is written. */
  receipt?: (receipt: ReceiptV2) => void;
}

/** One approver is enough, Alex from the beginning, Blair and Casey a minute after Alex may have decided; it takes two to deny. */
export function makePolicyRequest(payload: JsonObject = PAYLOAD): RequestV2 {
  const later = [{ from: onThatDay("09:06:00"), eligible: ["usr_blair", "usr_casey"] }];
  return {
    ...makeRequest(payload),
    type: "countersign/request@v2",
    policy: { ...POLICY },
    context: {
      source: "ask",
      tool: "deploy_service",
      risk: { level: "high", score: 45, reasons: ["Its words are of production."] },
      separation: { people: ["usr_dana"] },
    },
    quorum: [{ name: "release", required: 1, eligible: ["usr_alex"], escalations: later }],
    denials: 2,
  };
}

/** What passes asks nobody, unless it is for want of an answer: that is of low risk. */
function asPassed(request: RequestV2, basis: Basis): void {
  if (basis === "timeout") request.context.risk = { level: "low", score: 0, reasons: [] };
  else request.quorum = [];
}

/** A receipt that verifies under `world.trust`, and with its basis allowed, but for what the recipe changes. */
export async function makePolicyReceipt(world: World, recipe: PolicyRecipe): Promise<{ receipt: ReceiptV2; text: string }> {
  const payload = recipe.payload ?? structuredClone(PAYLOAD);
  const request = makePolicyRequest(payload);
  if (recipe.basis !== undefined) asPassed(request, recipe.basis);
  recipe.request?.(request);
  const deciding = recipe.basis === undefined ? (recipe.decisions ?? USUAL_DECISIONS[recipe.status]) : [];
  const decided = await Promise.all(deciding.map((one, index) => decide(world, recipe, request, one, index)));
  const decisions = decided.map(({ decision }) => decision);
  const final = recipe.basis === undefined ? endedBy(recipe, request, decisions) : passedBy(recipe.basis, recipe, request);
  const policy: RecordOf<"policy.published"> = {
    ...commonMembers(onThatDay("08:45:00")),
    kind: "policy.published",
    version: POLICY.version,
    hash: POLICY.hash,
    previous: null,
    authorised_by: [],
  };
  recipe.policy?.(policy);
  const detail = recipe.detail === undefined ? null : { text: recipe.detail, salt: bytesNamed("salt of the detail") };
  const said = detail === null ? recipe : withDetail(recipe, saltedTextHash("countersign/detail/v1", detail.salt, detail.text));
  const { granted: _, ...members } = await proveParts(world, said, {
    payload,
    final,
    comments: decided.flatMap(({ comment }) => comment),
    policy,
  });
  const receipt: ReceiptV2 = { type: "countersign/receipt@v2", ...members, detail, grant: null, steps: [] };
  recipe.receipt?.(receipt);
  return { receipt, text: JSON.stringify(receipt) };
}

const withDetail = (recipe: PolicyRecipe, hash: string): PartsRecipe => ({
  ...recipe,
  outcomeRecord: (record) => {
    record.detail_hash = hash;
    recipe.outcomeRecord?.(record);
  },
});

function endedBy(recipe: PolicyRecipe, request: RequestV2, decisions: RecordOf<FinalKind>["decisions"]): RecordOf<FinalKind> {
  const end = ENDS[recipe.status];
  const record: RecordOf<FinalKind> = {
    ...commonMembers(end.at),
    kind: `approval.${recipe.status}`,
    request,
    ended_by: end.ended_by,
    decisions,
  };
  recipe.final?.(record);
  return record;
}

function passedBy(basis: Basis, recipe: PolicyRecipe, request: RequestV2): RecordOf<"approval.auto_approved"> {
  const at = basis === "timeout" ? request.expires_at : request.requested_at;
  const record: RecordOf<"approval.auto_approved"> = { ...commonMembers(at), kind: "approval.auto_approved", request, basis, grant: null };
  recipe.passed?.(record);
  return record;
}
