/**
 * How an agent's keys stand, as its object holds it: nothing of it is stored, D1 is the record. So an object that is lost, put back in
 * time or there twice for a moment knows nothing wrong: it reads again, and answers nothing until it has.
 */
import { beginLease, type Clocks, GIVEN_MS } from "#rules/lease.ts";
import type { KeyReading } from "./remote-activity.ts";
import type { Leases, SharedReadings } from "./shared-readings.ts";

/** After so long it is read again, beside the answer: who calls often waits for no reading. */
const RENEWED_AFTER_MS = GIVEN_MS / 2;

export interface ReadingPorts extends Clocks {
  /** From the D1 primary: whose key it is, and what of its calls was refused; null if it is revoked or nobody's. */
  readKey(keyHash: string): Promise<KeyReading | null>;
  /** What others here read as well, and how keys are read together, as `readKey` reads one; absent: each reads by itself. */
  together?: { shared: SharedReadings; readKeys(keyHashes: readonly string[]): Promise<ReadonlyMap<string, KeyReading>> };
}

/** A question, whose answer is given to whoever comes while `given` runs, and asked again once `fresh` is over. Both run from before it. */
interface Question extends Leases {
  reading: Promise<KeyReading | null>;
}

export class KeyReadings {
  readonly #ports: ReadingPorts;
  /** The last questions that were answered, and those that are not yet. */
  readonly #answered = new Map<string, Question>();
  readonly #underWay = new Map<string, Question>();
  /** What others have asked for by then is not taken. */
  #forgotAtTurn = 0;

  constructor(ports: ReadingPorts) {
    this.#ports = ports;
  }

  /** `RemoteActivity.standing`. */
  async standing(keyHash: string): Promise<KeyReading | null> {
    this.#ports.together?.shared.want(keyHash, this.#ports.now());
    const answered = this.#newest(keyHash);
    if (answered === undefined || answered.given.isOver) return await this.#asked(keyHash).reading;
    // Whom this fails has an answer already; the next caller waits for one, and is told.
    if (answered.fresh.isOver && this.#ports.together?.shared.isUnderWay(keyHash) !== true)
      this.#asked(keyHash).reading.catch(() => undefined);
    return await answered.reading;
  }

  /** `RemoteActivity.forget`. Who waits for an answer by then gets it still, as somebody does who had it a moment before. */
  forget(): void {
    this.#answered.clear();
    this.#underWay.clear();
    this.#forgotAtTurn = this.#ports.together?.shared.turn ?? 0;
  }

  /** Its own answer, or the newer one of another; the first after a start, and after a change, it asks for itself. */
  #newest(keyHash: string): Question | undefined {
    const own = this.#answered.get(keyHash);
    if (own?.fresh.isOver !== true) return own;
    const other = this.#ports.together?.shared.after(this.#forgotAtTurn, keyHash) ?? null;
    if (other === null) return own;
    const { given, fresh, reading } = other;
    const newest = { given, fresh, reading: Promise.resolve(reading) };
    this.#answered.set(keyHash, newest);
    return newest;
  }

  /** The question that is under way, if whoever comes now may have its answer; or a new one. */
  #asked(keyHash: string): Question {
    const underWay = this.#underWay.get(keyHash);
    if (underWay !== undefined && !underWay.given.isOver) return underWay;
    const leases = { given: beginLease(GIVEN_MS, this.#ports), fresh: beginLease(RENEWED_AFTER_MS, this.#ports) };
    const { together } = this.#ports;
    const reading =
      together === undefined
        ? this.#ports.readKey(keyHash)
        : together.shared.ask(keyHash, leases, this.#ports.now(), (keyHashes) => together.readKeys(keyHashes));
    const question: Question = { ...leases, reading };
    this.#underWay.set(keyHash, question);
    question.reading.then(
      () => this.#settle(keyHash, question, true),
      () => this.#settle(keyHash, question, false),
    );
    return question;
  }

  /** What was forgotten, or asked anew meanwhile, counts for nothing. */
  #settle(keyHash: string, question: Question, isAnswered: boolean): void {
    if (this.#underWay.get(keyHash) !== question) return;
    this.#underWay.delete(keyHash);
    if (isAnswered) this.#answered.set(keyHash, question);
  }
}
