/**
 * The service with faults: the deployed classes, given bindings and storage that can fail (fault-plan.ts). Every answer
 * that leaves an approval is compared with the log before anybody sees it.
 */
import { AgentActivity as Activity } from "#durable-objects/agent-activity.ts";
import { ApprovalRequest as Approval } from "#durable-objects/approval-request.ts";
import { UpstreamServer as Upstream } from "#durable-objects/upstream-server.ts";
import { Connector as Line } from "#durable-objects/connectors/connector.ts";
import { LogSequencer as Log } from "#durable-objects/log-sequencer.ts";
import type { Bindings } from "#config/bindings.ts";
import type { Snapshot } from "#gate/approvals/snapshot.ts";
import app from "#worker.ts";
import { testSurroundings } from "#test/workerd/support/gated-calls.ts";
import { bindingsWithFaults, Life, storageWithFaults } from "./fault-plan.ts";
import { loggedFacts } from "./logged.ts";

/** The bindings as an instance gets them; from now on its storage can fail. */
function withFaults(ctx: DurableObjectState, env: Bindings, owner: string): Bindings {
  const storage = ctx.storage;
  const life = new Life(ctx);
  Object.defineProperty(ctx, "storage", { value: storageWithFaults(storage, owner, life) });
  return bindingsWithFaults(env, { life, storage });
}

/** What was told and is not so. */
export const lies: string[] = [];
const told = new Map<string, Pick<Snapshot, "status" | "redeemedAt">>();

async function check(snapshot: Snapshot): Promise<void> {
  const { request, status, basis, redeemedAt, outcome } = snapshot;
  const before = told.get(request.id);
  told.set(request.id, { status, redeemedAt });
  const isFinal = status !== "pending" && status !== "settling";
  if (before !== undefined && before.status !== "pending" && before.status !== "settling" && before.status !== status)
    lies.push(`${request.id} was ${before.status} and is ${status}`);
  if (before !== undefined && before.redeemedAt !== null && before.redeemedAt !== redeemedAt)
    lies.push(`${request.id} was redeemed at ${before.redeemedAt} and is at ${String(redeemedAt)}`);
  const logged = await loggedFacts(request.id);
  const leaf = (key: string) => logged.find((one) => one.key === key);
  const end = basis == null ? `approval.${status}` : "approval.auto_approved";
  if (isFinal && leaf("final")?.kind !== end) lies.push(`${request.id} is ${status}, and the log says ${String(leaf("final")?.kind)}`);
  for (const { number, answer } of snapshot.questions ?? []) {
    if (leaf(`question:${number}`) === undefined) lies.push(`${request.id} was asked about, and the log does not say it`);
    if (answer !== null && leaf(`answer:${number}`) === undefined) lies.push(`${request.id} was answered, and the log does not say it`);
  }
  if ((snapshot.extended?.length ?? 0) > logged.filter(({ kind }) => kind === "request.extended").length)
    lies.push(`${request.id} has more time, and the log does not say it`);
  if (isFinal && snapshot.proposal !== undefined && leaf("proposal") === undefined)
    lies.push(`${request.id} has a proposal, and the log does not say it`);
  if (redeemedAt !== null && leaf("redeemed")?.at !== redeemedAt) lies.push(`${request.id} is redeemed, and not in the log`);
  if (outcome !== null && !logged.some((one) => one.kind === `call.${outcome}`))
    lies.push(`${request.id} went ${outcome}, and not in the log`);
}

/** The story begins anew: an object that is put back may tell again what it told before. */
export function forgetWhatWasTold(): void {
  told.clear();
}

export class ApprovalRequest extends Approval {
  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, withFaults(ctx, env, "approval"), testSurroundings);
  }

  override async readText(...given: Parameters<Approval["readText"]>) {
    const text = await super.readText(...given);
    if (text !== null) await check(JSON.parse(text) as Snapshot);
    return text;
  }
  override async page(...given: Parameters<Approval["page"]>) {
    const answer = await super.page(...given);
    if (answer !== null) await check(answer.snapshot);
    return answer;
  }
  override async decide(...given: Parameters<Approval["decide"]>) {
    const answer = await super.decide(...given);
    if (answer.ok) await check(answer.value);
    return answer;
  }
  override async askBack(...given: Parameters<Approval["askBack"]>) {
    const answer = await super.askBack(...given);
    if (answer.ok) await check(answer.value);
    return answer;
  }
  override async answerFor(...given: Parameters<Approval["answerFor"]>) {
    const answer = await super.answerFor(...given);
    if (answer.ok) await check(answer.value);
    return answer;
  }
  override async giveMoreTime(...given: Parameters<Approval["giveMoreTime"]>) {
    const answer = await super.giveMoreTime(...given);
    if (answer.ok) await check(answer.value);
    return answer;
  }
  override async withdraw(...given: Parameters<Approval["withdraw"]>) {
    const answer = await super.withdraw(...given);
    if (answer.ok) await check(answer.value);
    return answer;
  }
  override async redeemFor(...given: Parameters<Approval["redeemFor"]>) {
    const answer = await super.redeemFor(...given);
    if (answer.ok) await check(answer.value);
    if (answer.ok && answer.value.redeemedAt === null) lies.push(`${answer.value.request.id} may be acted on, and is not redeemed`);
    return answer;
  }
  override async reportFor(...given: Parameters<Approval["reportFor"]>) {
    const answer = await super.reportFor(...given);
    if (answer.ok) await check(answer.value);
    return answer;
  }
}

export class AgentActivity extends Activity {
  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, withFaults(ctx, env, "activity"));
  }
}

export class UpstreamServer extends Upstream {
  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, withFaults(ctx, env, "server"));
  }
}

export class Connector extends Line {
  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, withFaults(ctx, env, "connector"));
  }
}

export class LogSequencer extends Log {
  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, withFaults(ctx, env, "log"));
  }
}

export { PersonInbox } from "#durable-objects/inbox.ts";

export default {
  fetch: (request: Request, env: Bindings, ctx: ExecutionContext) => app.fetch(request, bindingsWithFaults(env, null), ctx),
  queue: (batch: MessageBatch<{ request: string | null }>, env: Bindings) => app.queue(batch, bindingsWithFaults(env, null)),
};
