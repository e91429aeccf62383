/** The least that a Worker can be. The classes are there because the bindings name them. */
import { DurableObject } from "cloudflare:workers";

export class ApprovalRequest extends DurableObject {}
export class LogSequencer extends DurableObject {}

export default { fetch: (): Response => new Response("hello") };
