/**
 * What is called before people are asked about one call: once, however often the call is judged. If another one is wanted then, or more of
 * it masked, the call ends.
 */
import { canonicalize } from "#countersign/json/canonical-json.ts";
import type { PolicyJudgement } from "#countersign/policy/judging/judge.ts";
import type { WantedPreview } from "#countersign/policy/judging/calls/preview.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { MaskRule } from "#rules/calls/handling.ts";
import type { Failure } from "#rules/failure.ts";
import type { AgentFacts, PolicyInForce } from "#rules/policies/judged.ts";
import { previewFailed } from "./admit-preview.ts";
import type { TakenPreview } from "./preview.ts";

/** By whom and by what it is judged, and what that masks. */
export interface PreviewBy {
  facts: AgentFacts;
  policy: PolicyInForce;
  mask: readonly MaskRule[];
}

export type TakePreview = (wanted: WantedPreview, by: PreviewBy) => Promise<Result<TakenPreview, Failure>>;

export class PreviewsOfCall {
  readonly #take: TakePreview | null;
  #taken: { of: string; preview: TakenPreview } | null = null;

  /** `take` null: none can be called here. */
  constructor(take: TakePreview | null) {
    this.#take = take;
  }

  /** Null where none is wanted. `isNew`: it was called just now, which took a while, so that everything is judged again. */
  async of(
    { preview: wanted, handling: { mask } }: PolicyJudgement,
    by: Pick<PreviewBy, "facts" | "policy">,
  ): Promise<Result<{ preview: TakenPreview; isNew: boolean } | null, Failure>> {
    if (wanted === null) return accept(null);
    const of = canonicalize({ ...wanted, mask: mask.map((rule) => ({ ...rule })) });
    if (this.#taken?.of === of) return accept({ preview: this.#taken.preview, isNew: false });
    if (this.#taken !== null) return refuse(previewFailed(wanted, "what is asked first was another thing a moment ago"));
    if (this.#take === null) return refuse(previewFailed(wanted, "it cannot be asked here"));
    const taken = await this.#take(wanted, { ...by, mask });
    if (!taken.ok) return taken;
    this.#taken = { of, preview: taken.value };
    return accept({ preview: taken.value, isNew: true });
  }
}
