/** What has to be known of an agent's past to judge something: its object is asked, where the policy in force asks anything. */
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { PolicyFacts } from "#countersign/policy/judging/facts.ts";
import type { CallHandling } from "#countersign/policy/judging/handling.ts";
import { scalarsOf, watchedOf } from "#countersign/policy/judging/past/call.ts";
import type { PastAnswers } from "#countersign/policy/judging/past/question.ts";
import { questionsFor } from "#countersign/policy/judging/past/questions.ts";
import { possibleFacts } from "#countersign/policy/judging/calls/unwrap.ts";
import { possibleHandling } from "#countersign/policy/judging/possible/possible-handling.ts";
import type { PastAsk, PastEntry, RemotePast } from "#rules/calls/past/agent-past.ts";
import type { PolicyInForce } from "#rules/policies/judged.ts";

/** What is judged, and what its judgement may rest on. */
export interface KnownPast {
  answers: PastAnswers;
  entry: PastEntry;
  /** Whether it counts: it was asked about. */
  isCounted: boolean;
  /** What was asked, or would have been. */
  ask: PastAsk;
}

export interface ToBeKnown {
  /** What it is kept under: the same for the same thing, however often it is judged. */
  key: string;
  facts: PolicyFacts;
  policy: PolicyInForce;
  /** It was judged before, and is used now: it counts in any case, and what is unusual is not judged again. */
  isUse: boolean;
  /** Of a call that is used, what was said when it was judged; otherwise what may come of it. */
  handling?: Pick<CallHandling, "keep" | "mask">;
}

/** Arguments without what their record must not hold, as canonical text. */
type Masked = (args: JsonObject, rules: CallHandling["mask"]) => Promise<string>;

export const asksOfPast = ({ compiled }: PolicyInForce): boolean => compiled !== null && compiled.longestWithin > 0;

/**
 * Null where the policy asks nothing: then nobody is asked, and nothing is kept. Throws if it cannot be known. Between the answer and the
 * moment in which it is known what becomes of it, it counts.
 */
export async function knownPast(wanted: ToBeKnown, masked: Masked, past: RemotePast): Promise<KnownPast | null> {
  const { key, policy, isUse } = wanted;
  const { compiled, epoch, version } = policy;
  if (compiled === null || compiled.longestWithin === 0) return null;
  // What it holds is what it counts as.
  const facts = possibleFacts(compiled, wanted.facts);
  const handling = wanted.handling ?? possibleHandling(compiled, wanted.facts);
  const watch = compiled.anomaly?.watch ?? [];
  const kept = await keptOf(facts.args, handling, masked);
  const watched = watchedOf(facts.args, watch);
  const entry: PastEntry = {
    key,
    server: facts.source === "call" ? facts.server : null,
    tool: facts.tool ?? "",
    ...(kept === null ? { scalars: null, isCut: true } : scalarsOf(kept)),
    watched: handling.keep.what === "none" ? null : watched,
  };
  const ask = { entry, watched, counts: true, by: { epoch, version }, questions: questionsFor(compiled, wanted.facts, !isUse) };
  const isCounted = isUse || ask.questions.length > 0;
  // What is used is asked about again under the same key; anything else is over with this answer.
  const notHeard = async (error: unknown): Promise<never> => {
    if (!isUse) await leftOut(key, past);
    throw error;
  };
  return { answers: isCounted ? await past.past(ask).catch(notHeard) : {}, entry, isCounted, ask };
}

/** As a record of the call has its arguments; null where it has none. */
async function keptOf(args: JsonObject, { keep, mask }: Pick<CallHandling, "keep" | "mask">, masked: Masked): Promise<JsonObject | null> {
  if (keep.what === "hash" || keep.what === "none") return null;
  return keep.what === "full" || mask.length === 0 ? args : (JSON.parse(await masked(args, mask)) as JsonObject);
}

/** What was not done counts no more. What cannot be told of it goes on counting. */
export async function leftOut(key: string, past: RemotePast): Promise<void> {
  await past.leaveOut(key).catch(() => undefined);
}
