/** What is signed for several requests at once: each statement built from what the page holds, and of a single one that statement alone. */
import type { BatchPageData } from "#api/batch/batch-shapes.ts";
import type { DraftedToSign } from "#api/batch/signing-shapes.ts";
import type { Bytes } from "#countersign/encoding/bytes.ts";
import { batchChallenge, buildStatement, decisionChallenge, statementHash, type Verdict } from "#countersign/documents/statement.ts";
import type { ShownItem } from "./item.ts";

/** What the person has chosen. */
export interface Choice {
  verdict: Verdict;
  comment: string;
}

/** What is sent with the signature. */
export interface BatchToSign {
  challenge: Bytes;
  body: {
    verdict: Verdict;
    comment: string;
    nonce: string;
    decisions: { request: string; nonce: string }[];
    statements: string[];
  };
}

/** Null where what was drafted is not just these requests, each once. */
export function toSign(
  items: readonly ShownItem[],
  { nonce, decisions }: DraftedToSign,
  { verdict, comment }: Choice,
  person: BatchPageData["person"],
): BatchToSign | null {
  const byId = new Map(decisions.map((drafted) => [drafted.request, drafted]));
  const statements = items.flatMap(({ id, data: { request } }) => {
    const drafted = byId.get(id);
    if (drafted === undefined) return [];
    return [buildStatement(request, { verdict, approver: person, comment, commentSalt: drafted.comment_salt, nonce: drafted.nonce })];
  });
  const [only] = statements;
  if (only === undefined || statements.length !== items.length || decisions.length !== items.length) return null;
  const hashes = statements.length === 1 ? [] : statements.map(statementHash).toSorted();
  const challenge = hashes.length === 0 ? decisionChallenge(only) : batchChallenge(location.origin, person, { nonce, statements: hashes });
  const named = decisions.map(({ request, nonce: own }) => ({ request, nonce: own }));
  return { challenge, body: { verdict, comment, nonce, decisions: named, statements: hashes } };
}
