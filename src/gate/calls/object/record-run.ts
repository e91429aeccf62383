/** What log and record hear of a gated call that is over, each told until it knows. Nothing here changes what became of the call. */
import { canonicalize } from "#countersign/json/canonical-json.ts";
import type { CallOutcome } from "#countersign/documents/record.ts";
import { recordOutcome, type UseRefusal } from "#gate/approvals/object/use-approval.ts";
import type { ApprovalState } from "#rules/approval.ts";
import type { SettledCall } from "#rules/calls/admission.ts";
import { type KeptRun, type RunEnd, settledStatus } from "#rules/calls/run/kept-run.ts";
import type { RunPorts } from "./run-ports.ts";

/** Never throws: what cannot be told now is told by the alarm. */
export async function recordRun(ports: RunPorts): Promise<void> {
  const { store, runs } = ports;
  const approval = store.read();
  if (approval?.call === undefined || store.isArchived()) return;
  await reportRun(approval, runs.read(), ports).catch((error: unknown) => ports.note("not-reported", error));
  await settleRun(ports).catch((error: unknown) => ports.note("not-settled", error));
}

/** What is said to the log. `detail` is opened by the receipt (docs/formats.md, "Receipt"). */
function outcomeOf(ended: RunEnd): { outcome: CallOutcome; detail: string | null } {
  if (ended.status !== "answered") return { outcome: ended.status === "unknown" ? "unknown" : "failed", detail: null };
  const detail = canonicalize({ result_hash: ended.resultHash, bytes: ended.bytes });
  return { outcome: ended.succeeded ? "succeeded" : "failed", detail };
}

/** Refusals after which the log will never hear of it: it has heard, it has ended, or the call was never claimed in it. */
const FOR_EVER: readonly UseRefusal["reason"][] = ["already-reported", "log-ended", "archived", "not-redeemed"];

async function reportRun({ redemption }: ApprovalState, { ended, reported }: KeptRun, ports: RunPorts): Promise<void> {
  if (ended === null || reported) return;
  if (redemption !== null) {
    const recorded = await recordOutcome(outcomeOf(ended), ports, "gate");
    if (!recorded.ok && !FOR_EVER.includes(recorded.refusal.reason))
      throw new Error(`the log does not know yet: ${recorded.refusal.reason}`);
  }
  ports.runs.write({ ...ports.runs.read(), reported: true });
}

async function settleRun(ports: RunPorts): Promise<void> {
  const { store, runs } = ports;
  const [approval, run] = [store.read(), runs.read()];
  if (approval?.call === undefined || run.settled) return;
  const settled = settledStatus(approval, run, ports.now());
  if (settled === null) return;
  const { ended } = run;
  const answered = ended?.status === "answered" ? ended : null;
  const call: SettledCall = {
    number: approval.call.number,
    ...settled,
    flags: (answered?.masked.length ?? 0) > 0 ? ["masked"] : [],
    request: approval.request.id,
    resultHash: approval.call.handling.keep.what === "none" ? null : (answered?.resultHash ?? null),
    resultBytes: answered?.bytes ?? 0,
    result: runs.texts().record,
    masked: answered?.masked ?? [],
    ms: ended?.ms ?? null,
  };
  await ports.settleCall(approval.request.requested_by.id, call);
  runs.write({ ...runs.read(), settled: true }, { ...runs.texts(), record: null });
}
