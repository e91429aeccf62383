/**
 * The uploaded script, unchanged, and beside it what the benches ask: how often an object was built in this process, which
 * tells whether it had been asleep; how many waits have reached their object; and what the platform was used for.
 */
import * as gate from "./worker.js";
import { type Writing, writeLeaves } from "./log-writers.ts";
import { PlatformMeter } from "#test/workerd/support/platform-meter.ts";

declare global {
  /** With V8's flag --expose-gc only. */
  var gc: (() => void) | undefined;
}

const builds = new Map<string, number>();
let waitsBegun = 0;
let meter: PlatformMeter | undefined;

export class ApprovalRequest extends gate.ApprovalRequest {
  constructor(ctx: DurableObjectState, env: gate.Env) {
    super(ctx, env);
    const name = ctx.id.name ?? "";
    builds.set(name, (builds.get(name) ?? 0) + 1);
  }

  override fetch(request: Request): Response {
    waitsBegun += 1;
    return super.fetch(request);
  }
}

const writing = async (request: Request, env: gate.Env): Promise<Response> =>
  Response.json(await writeLeaves(await request.json<Writing>(), env));

export { AgentActivity, LogSequencer } from "./worker.js";

export default {
  fetch(request: Request, env: gate.Env, context: ExecutionContext): Response | Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    switch (pathname) {
      case "/bench/builds":
        return Response.json(builds.get(searchParams.get("id") ?? "") ?? 0);
      case "/bench/waits":
        return Response.json(waitsBegun);
      case "/bench/collect-garbage":
        globalThis.gc?.();
        return Response.json(null);
      case "/bench/write":
        return writing(request, env);
      case "/bench/use":
        meter ??= new PlatformMeter(env.DB, { ApprovalRequest: gate.ApprovalRequest, LogSequencer: gate.LogSequencer });
        return Response.json(meter.take());
      default:
        return gate.default.fetch(request, env, context);
    }
  },
};
