/**
 * From now on, for a time, what is like something that was just denied is refused without asking; and ends before that if whoever made it,
 * or an admin, lifts it. It only narrows, so that the signature of the denial is enough to make it, and none is asked for to lift it: people
 * are asked again then, as they were before.
 */
import { sha256, b64u, utf8 } from "#countersign/encoding/bytes.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { appendRecord, type AppendPorts, whyRefused } from "#gate/log/append-record.ts";
import type { DeniedPattern, KeptPattern } from "#rules/policies/denied-pattern.ts";
import { LIFTING_REFUSALS, PATTERN_REFUSALS, type PatternEffect } from "./pattern-effects.ts";

interface Named {
  id: string;
  username: string;
}

export interface PatternPorts extends AppendPorts<PatternEffect> {
  /** From the D1 primary; null if there is none of this id. */
  patternById(id: string): Promise<KeptPattern | null>;
  /** As revoke-agent.ts has it. */
  standingChanged(agentId: string): Promise<void>;
  /** Resolves after so many milliseconds, whatever the clock says. */
  sleep(ms: number): Promise<void>;
}

/** What is to be refused. `made`: by which signed gesture; the same one makes the same pattern. */
export interface PatternWish {
  agent: KeptPattern["agent"];
  like: Pick<DeniedPattern, "server" | "tool" | "action" | "argumentsHash">;
  seconds: number;
  comment: string | null;
  made: { nonce: string; by: Named; credentialId: string };
}

export type PatternFailure = { reason: (typeof PATTERN_REFUSALS)[keyof typeof PATTERN_REFUSALS] };

/** The id of the pattern that a gesture makes: found again by whoever got no answer, and never made a second time. */
const patternIdOf = (nonce: string): string => `ptn_${b64u(sha256(utf8(`countersign/pattern/v1 ${nonce}`)).subarray(0, 16))}`;

/** In the log with its row, unless its agent is revoked, its maker no approver any more, or the agent has too many. Made before, it stays as it is. */
export async function denyPattern(wish: PatternWish, ports: PatternPorts): Promise<Result<KeptPattern, PatternFailure>> {
  const { agent, like, seconds, comment, made } = wish;
  const id = patternIdOf(made.nonce);
  const until = timestamp(ports.now() + seconds * 1_000);
  const by = { id: made.by.id, username: made.by.username };
  const pattern = { id, server: like.server, tool: like.tool, action: like.action, argumentsHash: like.argumentsHash, comment, until };
  const outcome = await appendRecord(
    {
      kind: "pattern.denied",
      members: {
        pattern: id,
        agent,
        server: like.server,
        tool: like.tool,
        action: like.action,
        arguments_hash: like.argumentsHash,
        until,
        by,
      },
      effect: (at): PatternEffect => ({
        kind: "pattern-denied",
        pattern,
        agentId: agent.id,
        by: by.id,
        credentialId: made.credentialId,
        at,
      }),
    },
    ports,
  );
  if (outcome.status === "refused") return refuse({ reason: whyRefused(outcome.constraint, PATTERN_REFUSALS) });
  const kept = await ports.patternById(id);
  if (kept === null) throw new Error("a pattern that is in the log is not kept");
  return accept(kept);
}

export type LiftRefusal = { reason: (typeof LIFTING_REFUSALS)[keyof typeof LIFTING_REFUSALS] };

/** Ends it at once, for whoever made it and for admins; nobody else learns that there is one. Doing it again is as good. */
export async function liftPattern(
  id: string,
  person: Named & { isAdmin: boolean },
  ports: PatternPorts,
): Promise<Result<null, LiftRefusal>> {
  const found = await ports.patternById(id);
  if (found === null || (found.by.id !== person.id && !person.isAdmin)) return refuse({ reason: "unknown-pattern" });
  if (found.liftedAt !== null) return accept(null);
  const by = { id: person.id, username: person.username };
  const effect = (at: string): PatternEffect => ({ kind: "pattern-lifted", id, by: by.id, at });
  const outcome = await appendRecord({ kind: "pattern.lifted", members: { pattern: id, agent: found.agent, by }, effect }, ports);
  if (outcome.status === "refused") return refuse({ reason: whyRefused(outcome.constraint, LIFTING_REFUSALS) });
  await ports.standingChanged(found.agent.id);
  return accept(null);
}
