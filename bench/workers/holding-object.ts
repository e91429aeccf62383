/**
 * The obvious way to wait, to compare with: the object keeps the waiter's call open until the decision. Nothing else of a
 * gate is here, so what it costs is the waiting.
 */
import { DurableObject } from "cloudflare:workers";

const builds = new Map<string, number>();

export class Holding extends DurableObject {
  readonly #decided = Promise.withResolvers<string>();

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    const name = ctx.id.name ?? "";
    builds.set(name, (builds.get(name) ?? 0) + 1);
  }

  wait(): Promise<string> {
    return this.#decided.promise;
  }

  decide(): void {
    this.#decided.resolve("approved");
  }
}

interface Bindings {
  HOLDING: DurableObjectNamespace<Holding>;
}

export default {
  async fetch(request: Request, env: Bindings): Promise<Response> {
    const [, verb, name = ""] = new URL(request.url).pathname.split("/");
    if (verb === "builds") return Response.json(builds.get(name) ?? 0);
    const object = env.HOLDING.getByName(name);
    if (verb === "wait") return new Response(await object.wait());
    await object.decide();
    return new Response("decided");
  },
};
