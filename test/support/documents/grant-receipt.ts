/** Whole receipts of what a grant let pass, with the receipt of the approval that gave it: the third payment, of which 50 to Ada was the first. */
import type { Grant } from "#countersign/documents/grant.ts";
import type { ReceiptV2 } from "#countersign/documents/receipt.ts";
import type { Decision, RecordOf } from "#countersign/documents/record.ts";
import { requestHash, type RequestV2 } from "#countersign/documents/request.ts";
import { GRANT, SHOWN } from "#test/support/grants/made-grants.ts";
import { makePolicyRequest, POLICY } from "./policy-receipt.ts";
import { AGENT, commonMembers, decide, type Deciding, onThatDay, type PartsRecipe, proveParts, type World } from "./sealed-receipt.ts";

const PIN = "5".repeat(64);
/** Whether the gate makes the call, or the agent says what it will do. */
export type Source = "call" | "ask";

/** What to make, and what to change in it. */
export interface GrantRecipe extends Omit<PartsRecipe, "status" | "payload"> {
  source?: Source;
  /** In the approval that gives it: whoever approves gives this one. */
  grant?: (grant: Grant) => void;
  /** The same, after that, of the one whom it is; null gives none. */
  grantOf?: (grant: Grant, by: Deciding["by"]) => Grant | null;
  /** The arguments when it was given, and when it is used. */
  shown?: (args: Record<string, unknown>) => void;
  args?: (args: Record<string, unknown>) => void;
  /** Where the call is sent when it is used. */
  urlOrigin?: string;
  /** The request that was approved, and the one that passes. */
  granting?: (request: RequestV2) => void;
  request?: (request: RequestV2) => void;
  approved?: (record: RecordOf<"approval.approved">) => void;
  used?: (record: RecordOf<"grant.used">) => void;
  passed?: (record: RecordOf<"approval.auto_approved">) => void;
  receipt?: (receipt: ReceiptV2) => void;
}

const TIMES = {
  approved: { requested_at: onThatDay("09:00:00"), expires_at: onThatDay("09:15:00"), use_by: onThatDay("10:15:00") },
  passed: { requested_at: onThatDay("09:15:00"), expires_at: onThatDay("09:30:00"), use_by: onThatDay("10:30:00") },
};

function payloadOf(source: Source, change: GrantRecipe["args"], amount: number, origin = "https://bank.example") {
  const args = { ...structuredClone(SHOWN.args), amount };
  change?.(args);
  if (source === "ask") return args;
  return { server: "bank", url_origin: origin, tool: SHOWN.tool, schema_hash: PIN, arguments: args };
}

/** A request of that rule for that payload. */
function askFor(payload: ReturnType<typeof payloadOf>, source: Source, times: (typeof TIMES)["passed"]): RequestV2 {
  const asked = makePolicyRequest(payload);
  return {
    ...asked,
    action: source === "call" ? "bank.transfer" : "Pay Ada",
    policy: { ...POLICY, rule: SHOWN.rule },
    context: {
      source,
      ...(source === "call" && { server: { id: "srv_bank", name: "bank" } }),
      tool: SHOWN.tool,
      risk: { level: "medium", score: 20, reasons: [] },
    },
    ...times,
  };
}

/** A receipt that verifies under `world.trust` with the basis `grant` allowed, but for what the recipe changes. */
export async function makeGrantReceipt(world: World, recipe: GrantRecipe = {}): Promise<{ receipt: ReceiptV2; text: string }> {
  const source = recipe.source ?? "call";
  const shown = payloadOf(source, recipe.shown, 50);
  const payload = payloadOf(source, recipe.args, 20, recipe.urlOrigin);
  const approvedRequest = askFor(shown, source, TIMES.approved);
  recipe.granting?.(approvedRequest);
  const request: RequestV2 = { ...askFor(payload, source, TIMES.passed), id: `apr_${"B".repeat(32)}`, quorum: [], denials: 1 };
  recipe.request?.(request);

  const granting = await approve(world, recipe, approvedRequest, source);
  const given = granting.record.decisions.map(({ statement }) => statement.grant).find((one) => one !== null);
  const id = given?.id ?? GRANT.id;
  const used: RecordOf<"grant.used"> = {
    ...commonMembers(onThatDay("09:15:01")),
    kind: "grant.used",
    grant: id,
    use: 3,
    request_hash: requestHash(request),
  };
  recipe.used?.(used);
  const passed: RecordOf<"approval.auto_approved"> = {
    ...commonMembers(onThatDay("09:15:02")),
    kind: "approval.auto_approved",
    request,
    basis: "grant",
    grant: { id: used.grant, use: used.use },
  };
  recipe.passed?.(passed);
  const policy: RecordOf<"policy.published"> = {
    ...commonMembers(onThatDay("08:45:00")),
    kind: "policy.published",
    version: POLICY.version,
    hash: POLICY.hash,
    previous: null,
    authorised_by: [],
  };
  const { granted, ...members } = await proveParts(
    world,
    { ...recipe, status: "approved" },
    { payload, final: passed, comments: [], policy, granted: { granting: granting.record, used } },
  );
  if (granted === null) throw new Error("no grant");
  const common = { type: "countersign/receipt@v2", detail: null, steps: [] as ReceiptV2["steps"] } as const;
  const { final, ...approved } = { ...members, ...granted };
  const receipt: ReceiptV2 = {
    ...common,
    ...members,
    grant: {
      receipt: {
        ...common,
        payload: shown,
        final: { ...final, record: granting.record },
        passkeys: approved.passkeys,
        comments: granting.comments,
        redeemed: null,
        outcome: null,
        policy: members.policy,
        grant: null,
      },
      used: granted.used,
    },
  };
  recipe.receipt?.(receipt);
  return { receipt, text: JSON.stringify(receipt) };
}

/** The approval that gives it: Alex's, if nobody else is named. */
async function approve(world: World, recipe: GrantRecipe, request: RequestV2, source: Source) {
  const grant: Grant = { ...structuredClone(GRANT), agent: AGENT.id };
  if (source === "ask") Object.assign(grant, { server: null, schema_hash: null });
  recipe.grant?.(grant);
  const deciding = recipe.decisions ?? [{ by: "alex", verdict: "approved", comment: "As every week." }];
  const signing: PartsRecipe = {
    ...recipe,
    status: "approved",
    statement: (statement, index) => {
      const by = deciding[index]?.by ?? "alex";
      statement.grant = recipe.grantOf === undefined ? structuredClone(grant) : recipe.grantOf(structuredClone(grant), by);
      recipe.statement?.(statement, index);
    },
  };
  const decided = await Promise.all(deciding.map((one, index) => decide(world, signing, request, one, index)));
  const decisions: Decision[] = decided.map(({ decision }) => decision);
  const record: RecordOf<"approval.approved"> = {
    ...commonMembers(onThatDay("09:10:00")),
    kind: "approval.approved",
    request,
    ended_by: "passkeys",
    decisions,
  };
  recipe.approved?.(record);
  return { record, comments: decided.flatMap(({ comment }) => comment) };
}
