/** What `wrangler deploy` uploads, as the Workers of the benches import it. */
import type { DurableObject } from "cloudflare:workers";
import type { RemoteCalls } from "#rules/calls/admission.ts";
import type { AppendOutcome, Leaf } from "#gate/log/transparency-log.ts";

export interface Env {
  DB: D1Database;
  APPROVAL_REQUEST: { getByName(name: string): { readText(): Promise<string | null> } };
  AGENT_ACTIVITY: { getByName(name: string): { standing(keyHash: string): Promise<object | null> } & Pick<RemoteCalls, "admit"> };
  LOG_SEQUENCER: { getByName(name: string): { append(leaf: Leaf): Promise<AppendOutcome> } };
}

export class ApprovalRequest extends DurableObject<Env> {
  override fetch(request: Request): Response;
}
export class AgentActivity extends DurableObject<Env> {}
export class LogSequencer extends DurableObject<Env> {}

declare const worker: { fetch(request: Request, env: Env, context: ExecutionContext): Response | Promise<Response> };
export default worker;
