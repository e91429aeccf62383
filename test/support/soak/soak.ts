/** A service under a steady load for as long as one likes, killed every now and then, and what it told held against it. */
import { setTimeout as wait } from "node:timers/promises";
import { Auditor } from "./audit.ts";
import { Ledger } from "./ledger.ts";
import { runApproval } from "./one-approval.ts";
import { SoakedService } from "./soaked-service.ts";

/** A person decides within this time, at any moment of it. */
const THINK_MS = 2_000;

export interface SoakOptions {
  seconds: number;
  /** Approvals begun in a second. */
  rate: number;
  /** `kill -9` of everything after each so many seconds, but for the last. */
  killEverySeconds: number;
  /** A sample is taken after each so many seconds. */
  sampleEverySeconds: number;
  /** Of the service. */
  env?: Record<string, string>;
  onSample?: (sample: Sample) => void;
}

/** Of the time since the sample before. */
export interface Sample {
  seconds: number;
  /** All until now, begun and finished. */
  begun: number;
  finished: number;
  /** Null while it is down. */
  runtime: ReturnType<SoakedService["runtime"]>;
  kills: number;
  /** How long asks took that were answered at the first try. */
  askMs: number[];
  log: ReturnType<SoakedService["takeLog"]>;
}

export interface Soaked {
  samples: Sample[];
  begun: number;
  finished: number;
  kills: number;
  startedAgainMs: number[];
  broken: SoakedService["broken"];
  counted: Auditor["counted"];
  /** What was lost, doubled or not sound: nothing may be. */
  findings: string[];
  stateDir: string;
}

/** Runs it to its end, and stops the service. What was lost, doubled or refused is among the findings. */
export async function soak(options: SoakOptions): Promise<Soaked> {
  const service = await SoakedService.start(options.env === undefined ? {} : { env: options.env });
  const ledger = new Ledger();
  const auditor = await Auditor.begin(service, ledger);
  const run = new Run(service, ledger, auditor, options);
  try {
    await run.toEnd();
    await auditor.end();
  } finally {
    await service.stop();
  }
  const { kills, startedAgainMs, broken, stateDir } = service;
  const { findings, counted } = auditor;
  const { finished } = ledger;
  return { samples: run.samples, begun: ledger.entries.length, finished, kills, startedAgainMs, broken, counted, findings, stateDir };
}

class Run {
  readonly samples: Sample[] = [];
  readonly #service: SoakedService;
  readonly #ledger: Ledger;
  readonly #auditor: Auditor;
  readonly #options: SoakOptions;
  readonly #startedMs = performance.now();
  #askMs: number[] = [];

  constructor(service: SoakedService, ledger: Ledger, auditor: Auditor, options: SoakOptions) {
    this.#service = service;
    this.#ledger = ledger;
    this.#auditor = auditor;
    this.#options = options;
  }

  async toEnd(): Promise<void> {
    const { killEverySeconds, sampleEverySeconds } = this.#options;
    this.#sample();
    await Promise.all([
      this.#load(),
      this.#every(killEverySeconds, () => this.#killAndAudit()),
      this.#every(sampleEverySeconds, () => Promise.resolve(this.#sample())),
    ]);
    this.#sample();
  }

  #seconds(): number {
    return (performance.now() - this.#startedMs) / 1_000;
  }

  async #until(seconds: number): Promise<void> {
    await wait(Math.max(0, (seconds - this.#seconds()) * 1_000));
  }

  /** Does something after each so many seconds, before the end. */
  async #every(seconds: number, work: () => Promise<void>): Promise<void> {
    for (let at = seconds; at < this.#options.seconds; at += seconds) {
      await this.#until(at);
      await work();
    }
  }

  /** Begins approvals at a steady rate, whatever becomes of those before; resolves once all have been reported on. */
  async #load(): Promise<void> {
    const { seconds, rate } = this.#options;
    const underWay: Promise<void>[] = [];
    for (let n = 0; n < seconds * rate; n++) {
      await this.#until(n / rate);
      underWay.push(this.#approve());
    }
    await Promise.all(underWay);
  }

  /** One that goes wrong stops none of the others. */
  async #approve(): Promise<void> {
    try {
      await runApproval(this.#service, this.#ledger, Math.random() * THINK_MS, (tookMs) => this.#askMs.push(tookMs));
    } catch (error) {
      this.#auditor.findings.push(error instanceof Error ? error.message : String(error));
    }
  }

  async #killAndAudit(): Promise<void> {
    await this.#service.killAndStart();
    await this.#auditor.audit();
  }

  #sample(): void {
    const { entries, finished } = this.#ledger;
    const service = { runtime: this.#service.runtime(), kills: this.#service.kills, log: this.#service.takeLog() };
    const sample = { seconds: this.#seconds(), ...service, begun: entries.length, finished, askMs: this.#askMs };
    this.#askMs = [];
    this.samples.push(sample);
    this.#options.onSample?.(sample);
  }
}
