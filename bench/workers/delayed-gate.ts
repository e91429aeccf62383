/**
 * The uploaded script, unchanged, with D1 and every object far away: each trip to D1 and each call of an object takes a delay more, half
 * before it is there and half before its answer is back, from the Worker and from inside objects alike; a message over an object's
 * socket takes half a delay. And beside it what the bench asks: which trips of a piece of work followed one another.
 */
import { around, D1_TRIPS, longestChain, prototypeOf, type Trip } from "#test/workerd/support/platform-meter.ts";
import * as gate from "./worker.js";

export * from "./worker.js";

let delayMs = 0;
let waitsBegun = 0;
let ticks = 0;
/** Null while nobody follows them. */
let trips: Trip[] | null = null;

/** Half of the way there and back. */
const half = (): Promise<void> => (delayMs === 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, delayMs / 2)));

function begin(name: string): Trip {
  const trip = { name, began: ticks++, over: Number.POSITIVE_INFINITY };
  trips?.push(trip);
  return trip;
}

const end = (trip: Trip): void => {
  trip.over = ticks++;
};

/** A trip to D1, which is over once its answer is back. */
async function farTrip(_: object, run: () => unknown): Promise<unknown> {
  const trip = begin("D1");
  await half();
  try {
    return await run();
  } finally {
    await half();
    end(trip);
  }
}

/** What the socket of an object tells, told later. What is listened to is what the gate's waits listen to. */
const farSocket = (socket: WebSocket): WebSocket =>
  new Proxy(socket, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      if (name !== "addEventListener") return member.bind(target) as unknown;
      return (type: string, listener: (event: Event) => void) =>
        target.addEventListener(type as "message", (event) => {
          const trip = type === "message" ? begin("message") : null;
          void half().then(() => {
            if (trip !== null) end(trip);
            listener(event);
          });
        });
    },
  });

/** The answer to an upgrade, as far as a wait looks at it. Any other is what it is. */
function farAnswer(answer: unknown): unknown {
  if (!(answer instanceof Response) || answer.webSocket === null) return answer;
  waitsBegun += 1;
  return { status: answer.status, webSocket: farSocket(answer.webSocket) };
}

/** An object whose calls are over, as trips, once they are there: what it does then are trips of its own. */
const farObject = (object: object): object =>
  new Proxy(object, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function" || typeof name !== "string") return member;
      return async (...given: unknown[]): Promise<unknown> => {
        const trip = begin(name);
        await half();
        end(trip);
        try {
          return farAnswer(await Reflect.apply(member, target, given));
        } finally {
          await half();
        }
      };
    },
  });

let isFar = false;

/** Once for all: the Worker and its objects share an isolate, and with it the prototypes of what is bound. */
function moveAway({ DB, APPROVAL_REQUEST }: gate.Env): void {
  if (isFar) return;
  isFar = true;
  for (const name of D1_TRIPS) around(prototypeOf(DB.withSession()), name, farTrip);
  for (const name of ["get", "getByName"]) around(prototypeOf(APPROVAL_REQUEST), name, (_, run) => farObject(run() as object));
}

/** The trips that followed one another since they were asked for last, and nothing of what comes until then. */
function takeChain(): string[] {
  const chain = longestChain(trips ?? []);
  trips = null;
  return chain;
}

export default {
  fetch(request: Request, env: gate.Env, context: ExecutionContext): Response | Promise<Response> {
    moveAway(env);
    const { pathname, searchParams } = new URL(request.url);
    switch (pathname) {
      case "/bench/delay":
        delayMs = Number(searchParams.get("ms"));
        return Response.json(delayMs);
      case "/bench/follow":
        trips = [];
        return Response.json(null);
      case "/bench/chain":
        return Response.json(takeChain());
      case "/bench/waits":
        return Response.json(waitsBegun);
      default:
        return gate.default.fetch(request, env, context);
    }
  },
};
