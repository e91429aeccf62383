/** What is answered to whoever signs several decisions at once. */
import type { Context } from "hono";
import type { BroughtItem, DraftedToSign } from "#api/batch/signing-shapes.ts";
import { logLine } from "#config/log-line.ts";
import type { Verdict } from "#countersign/documents/statement.ts";
import type { Brought } from "#gate/batch/bring-decisions.ts";
import type { DraftedDecision } from "#gate/batch/draft-decisions.ts";
import type { Failure } from "#rules/failure.ts";
import type { App } from "#http/context.ts";
import { standingCredentialsOf } from "#storage/people.ts";
import { broughtFailure } from "./batch-failures.ts";

/** A failure, as it is told of one of several. */
export const toldFailure = ({ code, message }: Failure): { code: string; detail: string } => ({ code, detail: message });

/** What is to be signed, with which passkeys. */
export async function draftedAnswer(
  c: Context<App>,
  { nonce, decisions }: { nonce: string; decisions: readonly DraftedDecision[] },
  leftOut: readonly { request: string; failure: Failure }[],
): Promise<DraftedToSign> {
  return {
    nonce,
    decisions: decisions.map(({ request, nonce: own, commentSalt }) => ({ request, nonce: own, comment_salt: commentSalt })),
    left_out: leftOut.map(({ request, failure }) => ({ request, ...toldFailure(failure) })),
    credentials: await standingCredentialsOf(c.env.DB, c.var.person.id),
    rp_id: c.var.config.rpId,
  };
}

/** What became of each. */
export const broughtAnswer = (brought: readonly Brought[]): BroughtItem[] =>
  brought.map((one) =>
    "status" in one
      ? { request: one.request, status: one.status, problem: null }
      : { request: one.request, status: null, problem: toldFailure(broughtFailure(one.refusal)) },
  );

/** A line for each decision that counts. */
export function logDecided(brought: readonly Brought[], person: string, verdict: Verdict): void {
  for (const one of brought) if ("status" in one) logLine("decided", { request: one.request, person, code: verdict });
}
