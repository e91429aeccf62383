/**
 * What a piece of work uses of the platform, counted where the platform takes it in: every query of D1, every call that an
 * object receives, every row that an object writes, in the Worker and in the objects alike. For tests and benches.
 */
import type { PlatformUse } from "#test/support/service/platform-use.ts";

const NOTHING: PlatformUse = {
  d1Trips: 0,
  d1RowsRead: 0,
  d1RowsWritten: 0,
  objectRequests: {},
  socketEvents: 0,
  objectRowsWritten: 0,
  objectMs: 0,
};

/** The ways of the runtime's D1 client to the database. They are private to it, so it is checked that they are there. */
const D1_TRIPS = ["_sendOrThrow", "_queryOrThrow"];
const KV_WRITES = ["put", "delete"];
const ALARM_WRITES = ["setAlarm", "deleteAlarm"];
const SOCKET_EVENTS = new Set(["webSocketMessage", "webSocketClose", "webSocketError"]);

type Method = (this: object, ...given: unknown[]) => unknown;

/** Replaces a method on a prototype by one that runs around it. */
function around(prototype: object, name: string, wrapped: (self: object, run: () => unknown) => unknown): void {
  const method: unknown = Reflect.get(prototype, name);
  if (typeof method !== "function") throw new Error(`the runtime has no ${name} here any more`);
  const replacement: Method = function (...given) {
    return wrapped(this, () => Reflect.apply(method, this, given) as unknown);
  };
  Reflect.set(prototype, name, replacement);
}

const prototypeOf = (value: object): object => Object.getPrototypeOf(value) as object;

export class PlatformMeter {
  #use: PlatformUse = structuredClone(NOTHING);
  #watchesStorage = false;

  /** Counts from now on, in this isolate: D1, and the objects of these classes. Made once. */
  constructor(database: D1Database, classes: Record<string, { prototype: object }>) {
    const session = prototypeOf(database.withSession());
    for (const name of D1_TRIPS) {
      around(session, name, async (_, run) => {
        const answer = (await run()) as D1Result | D1Result[];
        this.#use.d1Trips += 1;
        for (const { meta } of [answer].flat()) {
          this.#use.d1RowsRead += meta.rows_read;
          this.#use.d1RowsWritten += meta.rows_written;
        }
        return answer;
      });
    }
    for (const [className, { prototype }] of Object.entries(classes)) {
      for (const method of Object.getOwnPropertyNames(prototype).filter((name) => name !== "constructor")) {
        around(prototype, method, (self, run) => this.#receive(`${className}.${method}`, self, run));
      }
    }
  }

  /** What has been used since `take` was called last. */
  get sofar(): Readonly<PlatformUse> {
    return this.#use;
  }

  /** What has been used since this was called last. */
  take(): PlatformUse {
    const used = this.#use;
    this.#use = structuredClone(NOTHING);
    return used;
  }

  async #receive(name: string, object: object, run: () => unknown): Promise<unknown> {
    this.#watchStorage((object as { ctx: DurableObjectState }).ctx.storage);
    if (SOCKET_EVENTS.has(name.split(".")[1] ?? "")) this.#use.socketEvents += 1;
    else this.#use.objectRequests[name] = (this.#use.objectRequests[name] ?? 0) + 1;
    const startedMs = performance.now();
    try {
      return await run();
    } finally {
      this.#use.objectMs += performance.now() - startedMs;
    }
  }

  /** All storage of an isolate has one prototype. */
  #watchStorage(storage: DurableObjectStorage): void {
    if (this.#watchesStorage) return;
    this.#watchesStorage = true;
    const count = (_: object, run: () => unknown): unknown => {
      this.#use.objectRowsWritten += 1;
      return run();
    };
    for (const name of KV_WRITES) around(prototypeOf(storage.kv), name, count);
    for (const name of ALARM_WRITES) around(prototypeOf(storage), name, count);
  }
}
