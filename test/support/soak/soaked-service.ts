/** A service that is killed and started again on the same port and state, and calls of it that are made until they are answered. */
import { setTimeout as wait } from "node:timers/promises";
import { Person } from "../service/person.ts";
import { memoryMibOf, openFilesOf, processesOf, programOf } from "../service/processes.ts";
import { RestAgent } from "../rest-agent.ts";
import { freePort, type Service, type StartOptions, startService } from "../service/service.ts";

/** So often a call is made again before it counts as never answered. */
const MOST_TRIES = 200;
const PAUSE_MS = 50;
/** One agent makes all the calls, and may make so many within a minute. */
const OVER_THE_LIMIT = 429;
const LIMIT_PAUSE_MS = 2_000;

/** One agent asks as often as everybody here together. */
const CAPS = { MAX_REQUESTS_PER_MINUTE: "100000", MAX_PENDING_PER_AGENT: "100000", MAX_REFUSALS_PER_MINUTE: "100000" };

/** An answer as far as this looks at it. */
interface Answered {
  status: number;
}

/** What `fetch` says of a connection that ended, or never began. */
const isBroken = (error: unknown): boolean => error instanceof TypeError;

export class SoakedService {
  readonly person: Person;
  readonly agent: RestAgent;
  readonly port: number;
  readonly stateDir: string;
  /** Calls that broke off because everything was killed; that broke off though nothing was; that were answered 503. */
  readonly broken = { byKill: 0, otherwise: 0, unavailable: 0 };
  /** How long each start after a kill took, until it was ready. */
  readonly startedAgainMs: number[] = [];
  readonly #options: StartOptions;
  #service: Service;
  #isUp: Promise<void> = Promise.resolve();
  #life = 0;
  /** Lines that a killed service had written. */
  #linesBefore: string[] = [];

  private constructor(service: Service, options: StartOptions, person: Person, agent: RestAgent) {
    this.#service = service;
    this.#options = options;
    this.person = person;
    this.agent = agent;
    this.port = service.port;
    this.stateDir = service.stateDir;
  }

  /** With one person and one agent, and an empty state unless `stateDir` says otherwise. */
  static async start(given: StartOptions = {}): Promise<SoakedService> {
    const options = { ...given, port: given.port ?? (await freePort()), env: { ...CAPS, ...given.env } };
    const service = await startService(options);
    const person = await Person.enrolFirst(service);
    const { key } = await person.makeAgent("soak");
    return new SoakedService(service, { ...options, stateDir: service.stateDir }, person, new RestAgent(service.origin, key));
  }

  get origin(): string {
    return this.#service.origin;
  }

  get kills(): number {
    return this.#life;
  }

  /** Resident memory and open files of the runtime: of workerd, without the scripts that keep it. Null while it is down. */
  runtime(): { memoryMib: number; openFiles: number } | null {
    const pid = processesOf(this.#service.group).find((one) => programOf(one) === "workerd");
    return pid === undefined ? null : { memoryMib: memoryMibOf(pid), openFiles: openFilesOf(pid) };
  }

  /** How many log lines have come since this was last asked, and their bytes; they are let go. */
  takeLog(): { lines: number; bytes: number } {
    const lines = [...this.#linesBefore.splice(0), ...this.#service.stderr.splice(0)];
    return { lines: lines.length, bytes: lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0) };
  }

  /**
   * Makes a call until the service answers it: again after a connection that ended, after a 503, which says that nobody knows
   * whether it was done, and after a 429, which says to wait. Any other answer is given as it is.
   */
  async answered<Answer extends Answered>(call: () => Promise<Answer>): Promise<Answer> {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      await this.#isUp;
      const life = this.#life;
      try {
        const answer = await call();
        if (answer.status === OVER_THE_LIMIT) await wait(LIMIT_PAUSE_MS);
        else if (answer.status !== 503) return answer;
        else this.broken.unavailable++;
      } catch (error) {
        if (!isBroken(error)) throw error;
        this.broken[life === this.#life ? "otherwise" : "byKill"]++;
      }
      await wait(PAUSE_MS);
    }
    throw new Error("a call was never answered");
  }

  /** Kills every process at once (SIGKILL), and starts again. Resolves once it is ready. `meanwhile` is for what happens in between. */
  async killAndStart(meanwhile: () => void = () => {}): Promise<void> {
    this.#life++;
    const again = this.#killAndStart(meanwhile);
    this.#isUp = again;
    await again;
  }

  async #killAndStart(meanwhile: () => void): Promise<void> {
    await this.#service.kill();
    this.#linesBefore.push(...this.#service.stderr);
    meanwhile();
    const startedMs = performance.now();
    this.#service = await startService(this.#options);
    this.startedAgainMs.push(performance.now() - startedMs);
  }

  /** Ends it as an operator does. */
  async stop(): Promise<void> {
    await this.#service.stop();
  }
}
