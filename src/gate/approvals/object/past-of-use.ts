/** What an agent's past is asked where an approval is used: from then on the use counts, unless it is refused. */
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { PastAnswers } from "#countersign/policy/judging/past/question.ts";
import { maskedArguments } from "#rules/calls/masking/mask-by.ts";
import type { RemotePast } from "#rules/calls/past/agent-past.ts";
import { factsOfUse, type Parties, type PolicyInForce } from "#rules/policies/judged.ts";
import { asksOfPast, knownPast, leftOut } from "../known-past.ts";
import type { ApprovalPorts, ApprovalStore } from "./object-ports.ts";

export interface PastOfUsePorts {
  /** What an agent's object knows of what it did. */
  pastOf(agentId: string): RemotePast;
}

/** All uses of one approval that are under way: only the last of them can tell that there was none. */
interface UnderWay {
  uses: number;
  isCounted: boolean;
  /** What is told of those before; whoever comes then waits for it, or what it says would be taken for theirs. */
  told: Promise<void>;
}

const underWay = new WeakMap<ApprovalStore, UnderWay>();

/** Of one use, however often it is judged. */
export class PastOfUse {
  readonly #ports: ApprovalPorts & PastOfUsePorts;
  readonly #all: UnderWay;

  constructor(ports: ApprovalPorts & PastOfUsePorts) {
    this.#ports = ports;
    this.#all = underWay.get(ports.store) ?? { uses: 0, isCounted: false, told: Promise.resolve() };
    underWay.set(ports.store, this.#all);
  }

  /** Null where the policy asks nothing, or this is not used (any more) whatever it says. Throws if it cannot be known. */
  async answers(parties: Parties, policy: PolicyInForce): Promise<PastAnswers | null> {
    const approval = this.#ports.store.read();
    if (approval === null || approval.payload === null || approval.redemption !== null) return null;
    if (approval.ending?.status !== "approved" || !asksOfPast(policy)) return null;
    await this.#all.told;
    this.#all.isCounted = true;
    const { request, payload, judged, call } = approval;
    const facts = factsOfUse(request, JSON.parse(payload) as JsonObject, judged, parties, this.#ports.now(), call?.definition, call?.inner);
    const handling = call === undefined ? {} : { handling: call.handling };
    const past = this.#ports.pastOf(request.requested_by.id);
    const known = await knownPast({ key: request.id, facts, policy, isUse: true, ...handling }, maskedArguments, past);
    return known?.answers ?? null;
  }

  /** Whatever comes of `work`, its agent's object hears afterwards whether it was done. */
  async during<Done>(work: () => Promise<Done>): Promise<Done> {
    this.#all.uses += 1;
    try {
      return await work();
    } finally {
      this.#all.uses -= 1;
      await this.#end();
    }
  }

  /** What was stored was done; what was not counts no more. Never throws: what cannot be told counts, and nothing is learnt of it. */
  async #end(): Promise<void> {
    const approval = this.#ports.store.read();
    if (this.#all.uses > 0 || !this.#all.isCounted || approval === null) return;
    const { id, requested_by: agent } = approval.request;
    const past = this.#ports.pastOf(agent.id);
    this.#all.isCounted = false;
    this.#all.told = approval.redemption === null ? leftOut(id, past) : past.learn(id).catch(() => undefined);
    // Nobody waits for what is only learnt.
    if (approval.redemption === null) await this.#all.told;
  }
}
