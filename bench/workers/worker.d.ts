/** What `wrangler deploy` uploads, as the Workers of the benches import it. */
import type { DurableObject } from "cloudflare:workers";

export interface Env {
  DB: D1Database;
}

export class ApprovalRequest extends DurableObject<Env> {
  override fetch(request: Request): Response;
}
export class LogSequencer extends DurableObject<Env> {}

declare const worker: { fetch(request: Request, env: Env, context: ExecutionContext): Response | Promise<Response> };
export default worker;
