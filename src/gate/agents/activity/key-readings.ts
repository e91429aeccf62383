/**
 * How an agent's keys stand, as its object holds it: nothing of it is stored, D1 is the record. So an object that is lost, put back in
 * time or there twice for a moment knows nothing wrong: it reads again, and answers nothing until it has.
 */
import { beginLease, type Clocks, GIVEN_MS, type Lease } from "#rules/lease.ts";
import type { KeyReading } from "./remote-activity.ts";

/** After so long it is read again, beside the answer: who calls often waits for no reading. */
const RENEWED_AFTER_MS = GIVEN_MS / 2;

export interface ReadingPorts extends Clocks {
  /** From the D1 primary: whose key it is, and what of its calls was refused; null if it is revoked or nobody's. */
  readKey(keyHash: string): Promise<KeyReading | null>;
}

/** A question, whose answer is given to whoever comes while `given` runs, and asked again once `fresh` is over. Both run from before it. */
interface Question {
  given: Lease;
  fresh: Lease;
  reading: Promise<KeyReading | null>;
}

export class KeyReadings {
  readonly #ports: ReadingPorts;
  /** The last questions that were answered, and those that are not yet. */
  readonly #answered = new Map<string, Question>();
  readonly #underWay = new Map<string, Question>();

  constructor(ports: ReadingPorts) {
    this.#ports = ports;
  }

  /** `RemoteActivity.standing`. */
  async standing(keyHash: string): Promise<KeyReading | null> {
    const answered = this.#answered.get(keyHash);
    if (answered === undefined || answered.given.isOver) return await this.#asked(keyHash).reading;
    // Whom this fails has an answer already; the next caller waits for one, and is told.
    if (answered.fresh.isOver) this.#asked(keyHash).reading.catch(() => undefined);
    return await answered.reading;
  }

  /** `RemoteActivity.forget`. Who waits for an answer by then gets it still, as somebody does who had it a moment before. */
  forget(): void {
    this.#answered.clear();
    this.#underWay.clear();
  }

  /** The question that is under way, if whoever comes now may have its answer; or a new one. */
  #asked(keyHash: string): Question {
    const underWay = this.#underWay.get(keyHash);
    if (underWay !== undefined && !underWay.given.isOver) return underWay;
    const question: Question = {
      given: beginLease(GIVEN_MS, this.#ports),
      fresh: beginLease(RENEWED_AFTER_MS, this.#ports),
      reading: this.#ports.readKey(keyHash),
    };
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
