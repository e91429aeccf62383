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
export const D1_TRIPS = ["_sendOrThrow", "_queryOrThrow"];
const BUCKET_TRIPS = ["get", "put", "list", "delete"];
const KV_WRITES = ["put", "delete"];
const ALARM_WRITES = ["setAlarm", "deleteAlarm"];
const SOCKET_EVENTS = new Set(["webSocketMessage", "webSocketClose", "webSocketError"]);

type Method = (this: object, ...given: unknown[]) => unknown;

/** Replaces a method on a prototype by one that runs around it. */
export function around(prototype: object, name: string, wrapped: (self: object, run: () => unknown) => unknown): void {
  const method: unknown = Reflect.get(prototype, name);
  if (typeof method !== "function") throw new Error(`the runtime has no ${name} here any more`);
  const replacement: Method = function (...given) {
    return wrapped(this, () => Reflect.apply(method, this, given) as unknown);
  };
  Reflect.set(prototype, name, replacement);
}

export const prototypeOf = (value: object): object => Object.getPrototypeOf(value) as object;

/** A trip to D1, or a call's way to an object, by the called method: when it began and was over, in ticks of the meter. What an object does comes after its call. */
export interface Trip {
  name: string;
  began: number;
  over: number;
}

/**
 * The longest chain of trips of which each began after the one before was over: what somebody waits for one after the other, however
 * long each takes. A trip that begins while another is under way is beside it.
 */
export function longestChain(trips: readonly Trip[]): string[] {
  const chains = new Map<Trip, string[]>();
  for (const trip of trips.toSorted((one, other) => one.began - other.began)) {
    const before = [...chains].filter(([{ over }]) => over <= trip.began).map(([, chain]) => chain);
    chains.set(trip, [...before.reduce((longest, chain) => (chain.length > longest.length ? chain : longest), []), trip.name]);
  }
  return [...chains.values()].reduce((longest, chain) => (chain.length > longest.length ? chain : longest), []);
}

export class PlatformMeter {
  #use: PlatformUse = structuredClone(NOTHING);
  /** Null while no chain is followed: then objects are what they are, which other tests need them to be. */
  #trips: Trip[] | null = null;
  /** Calls that have left and not arrived. */
  #underWay: Trip[] = [];
  #ticks = 0;
  #watchesStorage = false;

  /**
   * Counts from now on, in this isolate: D1, and the objects of these classes, and for chains the calls that leave for them, and those to
   * buckets, `objects` being any namespace and `bucket` any bucket. Made once.
   */
  constructor(database: D1Database, classes: Record<string, { prototype: object }>, objects?: object, bucket?: object) {
    if (objects !== undefined) around(prototypeOf(objects), "getByName", (_, run) => this.#watched(run() as object));
    for (const name of bucket === undefined ? [] : BUCKET_TRIPS) {
      around(prototypeOf(bucket as object), name, async (_, run) => {
        const trip = this.#begin(`R2 ${name}`);
        const answer = await (run() as Promise<unknown>);
        trip.over = this.#ticks++;
        return answer;
      });
    }
    const session = prototypeOf(database.withSession());
    for (const name of D1_TRIPS) {
      around(session, name, async (_, run) => {
        const trip = this.#begin("D1");
        const answer = (await run()) as D1Result | D1Result[];
        trip.over = this.#ticks++;
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

  /** The trips of `act` that followed one another, in their order. */
  async chainOf(act: () => Promise<unknown>): Promise<string[]> {
    const trips: Trip[] = [];
    this.#trips = trips;
    try {
      await act();
    } finally {
      this.#trips = null;
    }
    return longestChain(trips);
  }

  /** The object, whose calls are noted as they leave. */
  #watched(object: object): object {
    if (this.#trips === null) return object;
    return new Proxy(object, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== "function" || typeof name !== "string") return member;
        return (...given: unknown[]): unknown => {
          this.#underWay.push(this.#begin(name));
          return Reflect.apply(member, target, given);
        };
      },
    });
  }

  #begin(name: string): Trip {
    const trip = { name, began: this.#ticks++, over: Number.POSITIVE_INFINITY };
    this.#trips?.push(trip);
    return trip;
  }

  /** What an object does begins when the call is there. */
  #arrive(method: string): void {
    const at = this.#underWay.findIndex(({ name }) => name === method);
    const [called] = at === -1 ? [] : this.#underWay.splice(at, 1);
    if (called !== undefined) called.over = this.#ticks++;
  }

  async #receive(name: string, object: object, run: () => unknown): Promise<unknown> {
    this.#arrive(name.split(".")[1] ?? "");
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
