/**
 * Faults at every place where something durable happens: each write of an object's storage, each write of D1, each call
 * from one part to another. Bindings and storage are wrapped where the platform hands them to a class, so that nothing of
 * this is in what is deployed, and no write of it can escape.
 */
import { LOST_CONNECTION } from "#test/workerd/support/log.ts";

/** Whether what failed had happened all the same, and lasts. */
export type How = "absent" | "present";
/** What becomes of the object that it happened to: it gets an error and goes on, or it is gone at once. */
export type End = "goes on" | "dies";
export const HOWS: readonly How[] = ["absent", "present"];
export const ENDS: readonly End[] = ["goes on", "dies"];

export interface WritePoint {
  name: string;
  /** Whether an object makes this write, which can die of it; the Worker itself keeps nothing. */
  mortal: boolean;
}

export interface Fault {
  /** Of the writes from now on: counted from 0, or the next of that name. */
  at: number | string;
  how: How;
  end: End;
}

class Plan {
  /** Every write since the plan was made. */
  readonly seen: WritePoint[] = [];
  /** What has gone wrong. */
  readonly struck: string[] = [];
  readonly #faults: Fault[];
  #since = 0;

  constructor(faults: Fault[]) {
    this.#faults = faults;
  }

  /** The fault for this write, if it is the turn of one. The next one is counted from here. */
  take(point: WritePoint): Fault | null {
    this.seen.push(point);
    const [next] = this.#faults;
    const turn = this.#since++;
    if (next === undefined || (next.at !== turn && next.at !== point.name)) return null;
    this.#faults.shift();
    this.#since = 0;
    this.struck.push(`${point.name}, ${next.how}, and ${point.mortal ? next.end : "goes on"}`);
    return next;
  }
}

/** Nothing goes wrong while it is null, and nothing is counted. */
let plan: Plan | null = null;

/** Runs `work` with these faults, each counted from the one before, and tells what was written and what went wrong; `work` may watch. */
export async function withFaults<Done>(
  faults: Fault[],
  work: (plan: Pick<Plan, "seen" | "struck">) => Promise<Done>,
): Promise<{ done: Done; seen: WritePoint[]; struck: string[] }> {
  const mine = new Plan([...faults]);
  plan = mine;
  try {
    return { done: await work(mine), seen: mine.seen, struck: mine.struck };
  } finally {
    plan = null;
  }
}

/** Runs what a test does itself, which is not counted and does not fail. */
export async function withoutFaults<Done>(work: () => Promise<Done>): Promise<Done> {
  const [keptPlan, keptOutage] = [plan, { ...outage }];
  plan = null;
  Object.assign(outage, NO_OUTAGE);
  try {
    return await work();
  } finally {
    plan = keptPlan;
    Object.assign(outage, keptOutage);
  }
}

const NO_OUTAGE = {
  /** D1 answers nobody. */
  database: false,
  /** D1 can be read, but takes no leaves. */
  commits: false,
  /** The log's writer neither answers nor fails. */
  log: false,
  /** No object can set an alarm. */
  alarms: false,
  /** The record of calls answers nobody. */
  audit: false,
  /** The archive can neither be read nor written. */
  archive: false,
  /** D1 does not say which policy is in force: it fails, or never answers. */
  policy: null as "fails" | "hangs" | null,
};
/** What lasts longer than one write. */
export const outage = { ...NO_OUTAGE };

/** What asks for the policy in force. */
const POLICY_IN_FORCE = "LEFT JOIN policy";

/** All is well again. */
export function endOutages(): void {
  Object.assign(outage, NO_OUTAGE);
  writers.count = 1;
}

/** One instance of an object, which may be killed. */
export class Life {
  #dead = false;
  readonly #ctx: DurableObjectState;

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
  }

  /** What is gone does nothing any more. */
  check(): void {
    if (this.#dead) throw new Error("this object is gone");
  }

  /** Nothing comes after, and whoever waits for an answer gets none. What was just written is rolled back by the platform. */
  endNow(): void {
    this.#dead = true;
    this.#ctx.abort("killed by a test");
  }

  /** As `endNow`, once what was just written is durable. */
  endAfter(storage: DurableObjectStorage): void {
    this.#dead = true;
    void storage.sync().then(() => this.#ctx.abort("killed by a test"));
  }
}

interface Mortal {
  life: Life;
  storage: DurableObjectStorage;
}

/** Without a stack: the runtime prints each of them. */
function failed({ how }: Fault, name: string): Error {
  const error = new Error(`${LOST_CONNECTION} (a test: ${name}, ${how})`);
  error.stack = error.message;
  return error;
}

function struckNow<Done>(name: string, { life, storage }: Mortal, run: () => Done): Done {
  life.check();
  const fault = plan?.take({ name, mortal: true }) ?? null;
  if (fault === null) return run();
  if (fault.end === "dies") {
    // Run in either case: what must not last, the platform itself has to take back.
    run();
    if (fault.how === "present") life.endAfter(storage);
    else life.endNow();
  } else if (fault.how === "present") run();
  throw failed(fault, name);
}

async function struck<Done>(name: string, mortal: Mortal | null, run: () => Promise<Done>): Promise<Done> {
  mortal?.life.check();
  const fault = plan?.take({ name, mortal: mortal !== null }) ?? null;
  if (fault === null) {
    const done = await run();
    mortal?.life.check();
    return done;
  }
  if (fault.how === "present") await run();
  if (fault.end === "dies") mortal?.life.endAfter(mortal.storage);
  throw failed(fault, name);
}

/** A member of `target`, with its methods bound to it: what the platform provides works on the real thing only. */
function member(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name, target);
  return typeof value === "function" ? (value as (...given: unknown[]) => unknown).bind(target) : value;
}

type Method = (...given: unknown[]) => unknown;
const KV_WRITES = new Set(["put", "delete"]);
const STORAGE_WRITES = new Set(["put", "delete", "deleteAll", "setAlarm", "deleteAlarm", "transaction", "transactionSync"]);

/** An object's storage. What is written within a transaction is one write: all of it happens or nothing. */
export function storageWithFaults(storage: DurableObjectStorage, owner: string, life: Life): DurableObjectStorage {
  const mortal = { life, storage };
  let inTransaction = false;
  const write = (name: string, run: () => unknown) => (inTransaction ? run() : struckNow(`${owner}: ${name}`, mortal, run));
  const kv = new Proxy(storage.kv, {
    get(target, name) {
      const value = member(target, name) as Method;
      if (!KV_WRITES.has(String(name))) return (...given: unknown[]) => (life.check(), value(...given));
      return (...given: unknown[]) => write(`${String(name)} ${String(given[0])}`, () => value(...given));
    },
  });
  const sql = new Proxy(storage.sql, {
    get(target, name) {
      const value = member(target, name);
      if (name !== "exec") return value;
      return (text: string, ...given: unknown[]) => {
        const run = () => (value as Method)(text, ...given);
        return isWrite(text) ? write(nameOf(text), run) : (life.check(), run());
      };
    },
  });
  return new Proxy(storage, {
    get(target, name) {
      if (name === "kv") return kv;
      if (name === "sql") return sql;
      const value = member(target, name) as Method;
      if (name === "transactionSync") {
        return (work: () => unknown) =>
          write("transaction", () => {
            inTransaction = true;
            try {
              return storage.transactionSync(work);
            } finally {
              inTransaction = false;
            }
          });
      }
      if (name === "setAlarm" && outage.alarms) {
        return () => {
          throw new Error("no alarm can be set (a test)");
        };
      }
      if (STORAGE_WRITES.has(String(name))) return (...given: unknown[]) => write(String(name), () => value(...given));
      return value;
    },
  });
}

/** What of an agent's object is asked where something is judged; the rest of it has tests of its own. */
const OF_PAST = new Set(["past", "leaveOut", "learn"]);

const isWrite = (sql: string): boolean => !/^\s*(?:select|with)\b/i.test(sql);
const nameOf = (sql: string): string =>
  sql
    .trim()
    .split(/[\s("]+/)
    .slice(0, 3)
    .join(" ")
    .toLowerCase();

/** D1: whether it is there at all, and its writes. `mortal` is who writes; null for the Worker. */
function databaseWithFaults(d1: D1Database, mortal: Mortal | null, called = "D1"): D1Database {
  const real = new WeakMap<object, D1PreparedStatement>();
  const sqlOf = new WeakMap<object, string>();
  const answers = async <Done>(name: string | null, run: () => Promise<Done>): Promise<Done> => {
    if (outage.audit && called === "AUDIT") throw new Error(LOST_CONNECTION);
    if (outage.database || (outage.commits && name === "batch, insert into log_leaf")) throw new Error(LOST_CONNECTION);
    return name === null ? run() : struck(`${called}: ${name}`, mortal, run);
  };
  const statement = (target: D1PreparedStatement, sql: string): D1PreparedStatement => {
    const wrapped = new Proxy(target, {
      get(_, name) {
        if (name === "bind") return (...values: unknown[]) => statement(target.bind(...values), sql);
        const value = member(target, name);
        if (typeof value !== "function") return value;
        return async (...given: unknown[]) => {
          if (sql.includes(POLICY_IN_FORCE) && outage.policy === "fails") throw new Error(LOST_CONNECTION);
          if (sql.includes(POLICY_IN_FORCE) && outage.policy === "hangs") await new Promise(() => undefined);
          return answers(isWrite(sql) ? nameOf(sql) : null, async () => await ((value as Method)(...given) as Promise<unknown>));
        };
      },
    });
    real.set(wrapped, target);
    sqlOf.set(wrapped, sql);
    return wrapped;
  };
  const database = <Target extends D1Database | D1DatabaseSession>(target: Target): Target =>
    new Proxy(target, {
      get(_, name) {
        if (name === "prepare") return (sql: string) => statement(target.prepare(sql), sql);
        if (name === "withSession") return (start: string) => database((target as D1Database).withSession(start));
        if (name === "batch") {
          return (statements: D1PreparedStatement[]) => {
            const writes = statements.map((one) => sqlOf.get(one) ?? "").filter(isWrite);
            const first = writes[0] === undefined ? null : `batch, ${nameOf(writes[0])}`;
            return answers(first, () => target.batch(statements.map((one) => real.get(one) ?? one)));
          };
        }
        return member(target, name);
      },
    });
  return database(d1);
}

/** Calls to objects of one class: lost on the way there, or on the way back. Sockets are not calls. */
function namespaceWithFaults<Namespace extends { getByName(name: string): object }>(
  namespace: Namespace,
  to: string,
  mortal: Mortal | null,
  name: (given: string) => string = (given) => given,
  isStruck: (method: string) => boolean = () => true,
): Namespace {
  const stub = (target: object) =>
    new Proxy(target, {
      get(_, method) {
        const value = Reflect.get(target, method, target) as Method;
        if (method === "fetch" || !isStruck(String(method))) return (...given: unknown[]) => Reflect.apply(value, target, given);
        return async (...given: unknown[]) => {
          if (to === "log" && outage.log) await new Promise(() => undefined);
          return struck(`call: ${String(method)} of the ${to}`, mortal, async () => await Reflect.apply(value, target, given));
        };
      },
    });
  return new Proxy(namespace, {
    get(target, method) {
      if (method === "getByName") return (given: string) => stub(target.getByName(name(given)));
      return member(target, method);
    },
  });
}

/** The bucket of the archive: whether it is there at all, and its writes, by the first part of the name that is written. */
function bucketWithFaults(bucket: R2Bucket, mortal: Mortal | null): R2Bucket {
  return new Proxy(bucket, {
    get(target, method) {
      const value = member(target, method) as Method;
      return async (...given: unknown[]) => {
        if (outage.archive) throw new Error("the archive is away (a test)");
        const run = async () => await (value(...given) as Promise<unknown>);
        if (method !== "put" && method !== "delete") return run();
        return struck(`archive: ${method} ${String(given[0]).split("/")[0]}`, mortal, run);
      };
    },
  });
}

/** How many writers the log has: its callers are spread over them. One, unless a test says otherwise. */
export const writers = { count: 1, next: 0 };

/** The objects that write the log of this origin line. */
export const writerNames = (origin: string): string[] =>
  Array.from({ length: writers.count }, (_, turn) => (turn === 0 ? origin : `${origin} (writer ${turn})`));

type Bindings = import("#config/bindings.ts").Bindings;
let wrapped = new WeakMap<Bindings, Bindings>();

/** What this deployment sets otherwise than the tests do. */
let variables: Partial<Bindings> = {};

/** Another deployment: from now on the Worker has these variables, and every object once it is started again. */
export function deploy(changed: Partial<Bindings>): void {
  variables = changed;
  wrapped = new WeakMap();
}

/** The bindings of the Worker (`mortal` null) or of one object. */
export function bindingsWithFaults(env: Bindings, mortal: Mortal | null): Bindings {
  const before = mortal === null ? wrapped.get(env) : undefined;
  if (before !== undefined) return before;
  const someWriter = (origin: string) => writerNames(origin)[writers.next++ % writers.count] ?? origin;
  const bindings: Bindings = {
    ...env,
    ...variables,
    DB: databaseWithFaults(env.DB, mortal),
    ...(env.AUDIT !== undefined && { AUDIT: databaseWithFaults(env.AUDIT, mortal, "AUDIT") }),
    APPROVAL_REQUEST: namespaceWithFaults(env.APPROVAL_REQUEST, "approval", mortal),
    AGENT_ACTIVITY: namespaceWithFaults(env.AGENT_ACTIVITY, "activity", mortal, undefined, (method) => OF_PAST.has(method)),
    UPSTREAM_SERVER: namespaceWithFaults(env.UPSTREAM_SERVER, "server", mortal),
    LOG_SEQUENCER: namespaceWithFaults(env.LOG_SEQUENCER, "log", mortal, someWriter),
    ...(env.CONNECTOR !== undefined && { CONNECTOR: namespaceWithFaults(env.CONNECTOR, "connector", mortal) }),
    ...(env.ARCHIVE !== undefined && { ARCHIVE: bucketWithFaults(env.ARCHIVE, mortal) }),
  };
  if (mortal === null) wrapped.set(env, bindings);
  return bindings;
}
