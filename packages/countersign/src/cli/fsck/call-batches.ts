/** The calls that a log commits to: of each agent every number once, from 1, in the order of the log. */
import { callsOfKey } from "../../documents/leaf-key.ts";
import type { LogRecord } from "../../documents/record.ts";

/** What of an agent's calls is next: just this number, or any from it on, where an erased record does not say how far it went. */
interface Next {
  number: number;
  orLater: boolean;
}

export class CallBatches {
  readonly #next = new Map<string, Next>();
  #first: Next = { number: 1, orLater: false };

  /** Takes over what a record says of calls; what is wrong with that, or null. */
  add(record: LogRecord): string | null {
    // Agents go on counting when their log is another one.
    if (record.kind === "log.genesis" && record.previous !== null) this.#first = { number: 1, orLater: true };
    if (record.kind !== "calls.logged") return null;
    const { agent, from, to } = record;
    if (to < from) return `it ends with call ${to}, before it begins`;
    const problem = this.#startProblem(agent.id, from);
    this.#next.set(agent.id, { number: to + 1, orLater: false });
    return problem;
  }

  /** The same of a leaf whose record is erased, which only its key tells of. */
  addErased(idem: string): string | null {
    const calls = callsOfKey(idem);
    if (calls === null) return null;
    const problem = this.#startProblem(calls.agentId, calls.from);
    this.#next.set(calls.agentId, { number: calls.from + 1, orLater: true });
    return problem;
  }

  #startProblem(agentId: string, from: number): string | null {
    const { number, orLater } = this.#next.get(agentId) ?? this.#first;
    if (from < number) return `it begins with call ${from} of ${agentId}, and the log has the calls before ${number} already`;
    return from === number || orLater ? null : `it begins with call ${from} of ${agentId}, and call ${number} is in no leaf before it`;
  }
}
