/** A network between an agent and the service in memory, in which each call can go wrong in a way of its own. */
import type { StubCountersign } from "#countersign/testing/stub-countersign.ts";

/** `before`: it never arrives. `lost`: it arrives, and its answer does not. `death`: it arrives, and the process that made it is gone. */
export const FAULTS = ["none", "before", "lost", "garbage", "failing", "failed", "limited", "liar", "death"] as const;
export type Fault = (typeof FAULTS)[number];

const broken = (): never => {
  throw new TypeError("fetch failed");
};

/** What somebody says who wants an agent to act: that it is approved. */
async function lie(answer: Response): Promise<Response> {
  const text = await answer.text();
  return new Response(text.replace(/"status":"(?:pending|denied|expired|cancelled)"/, '"status":"approved"'), { status: answer.status });
}

/** The end of a process, as a test plays it: from then on it hears of nothing. */
export class Death {
  readonly promise: Promise<void>;
  #die = (): void => {};
  isDead = false;

  constructor() {
    this.promise = new Promise((resolve) => (this.#die = resolve));
  }

  /** Never resolves. */
  die(): Promise<never> {
    this.isDead = true;
    this.#die();
    return new Promise(() => {});
  }
}

/** A fetch whose calls have these faults, one after the other, and then none. Waits are answered at once. `before` is told of each call. */
export function faultyFetch(stub: StubCountersign, faults: Fault[], death: Death, before: (url: URL) => void = () => {}): typeof fetch {
  return async (input, init) => {
    if (death.isDead) return await death.die();
    const url = new URL(input instanceof Request ? input.url : input);
    before(url);
    // A wait that is held would take its time.
    if (url.searchParams.has("wait")) url.searchParams.set("wait", "0");
    const call = (): Promise<Response> => stub.fetch(url, init);
    switch (faults.shift() ?? "none") {
      case "none":
        return await call();
      case "before":
        return broken();
      case "lost":
        await call();
        return broken();
      case "garbage":
        await call();
        return new Response("<html>Sign in</html>", { headers: { "content-type": "text/html" } });
      case "failing":
        return new Response("{}", { status: 503 });
      case "failed":
        await call();
        return new Response("", { status: 502 });
      case "limited":
        return new Response("{}", { status: 429, headers: { "retry-after": "1" } });
      case "liar":
        // To take an approval for used that was not is a service's own lie, which no client sees.
        return url.pathname.endsWith("/redeem") ? await call() : await lie(await call());
      case "death":
        await call();
        return await death.die();
    }
  };
}

/** A clock that moves by what is slept, at once. */
export function fastClock() {
  let now = Date.UTC(2026, 10, 20);
  return {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms;
      await new Promise((wake) => setImmediate(wake));
    },
  };
}
