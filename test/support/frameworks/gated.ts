/** A service in memory, an agent's gate before it, and what people do about what is asked. */
import { Countersign } from "#countersign/sdk/approvals/countersign.ts";
import type { AskedState } from "#countersign/sdk/approvals/errors.ts";
import type { Progress } from "#countersign/sdk/approvals/waiting.ts";
import { StubCountersign } from "#countersign/testing/stub-countersign.ts";

export type People = "approve" | "deny" | "expire" | "nobody";

export class GatedAgent {
  readonly stub = new StubCountersign();
  gate = this.restarted();
  /** What was asked, as it would be stored. */
  readonly states: AskedState[] = [];
  people: People = "approve";

  /** Of another process: it knows nothing of what this one did. */
  restarted(): Countersign {
    const { url, apiKey, logKey, fetch } = this.stub;
    return new Countersign({ url, apiKey, logKey, fetch });
  }

  readonly onProgress = ({ kind, state }: Progress): void => {
    if (kind !== "asked") return;
    this.states.push(JSON.parse(JSON.stringify(state)) as AskedState);
    if (this.people === "approve") this.stub.decide(state.request_id, "approved");
    if (this.people === "deny") this.stub.decide(state.request_id, "denied", "Not on Friday");
    if (this.people === "expire") this.stub.expire(state.request_id);
  };

  /** Of a gate, so that people do what they do. */
  get options() {
    return { gate: this.gate, onProgress: this.onProgress };
  }

  /** Bodies of the calls to a path that ends so. */
  bodies(end: string): unknown[] {
    return this.stub.calls.flatMap(({ path, body }) => (path.endsWith(end) ? [body] : []));
  }

  /** What was reported of how calls went. */
  get outcomes(): unknown[] {
    return this.bodies("/outcome").map((body) => (body as { outcome: unknown }).outcome);
  }
}

/** What a model is told of what was denied. */
export const DENIED = /^This was denied by .+: it must not be done\. \(apr_.+\)\nThey wrote: "Not on Friday"\n/;
