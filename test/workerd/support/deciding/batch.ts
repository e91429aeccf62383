/** Deciding several requests at once, as their page does it, with a passkey in software. */
import { batchChallenge, buildStatement, decisionChallenge, type Statement, statementHash } from "#countersign/documents/statement.ts";
import type { BatchPageData } from "#api/batch/batch-shapes.ts";
import type { BroughtItem, DraftedToSign } from "#api/batch/signing-shapes.ts";
import type { Ceremony, SoftwarePasskey } from "#countersign/testing/software-passkey.ts";
import { given } from "../invited.ts";
import { call, ORIGIN, type Someone } from "../people.ts";

export interface BatchTerms {
  verdict: "approved" | "denied";
  comment: string;
}
export const APPROVING: BatchTerms = { verdict: "approved", comment: "" };
export const DENYING: BatchTerms = { verdict: "denied", comment: "" };

export const batchPath = (ids: readonly string[]): string => `/batch?${ids.map((id) => `id=${id}`).join("&")}`;

export const batchPageOf = async ({ cookie }: Someone, ids: readonly string[]): Promise<string> =>
  (await call("GET", batchPath(ids), { cookie })).text();

/** The data block of the page, as its script reads it. */
export async function openBatch(person: Someone, ids: readonly string[]): Promise<BatchPageData> {
  const text = await batchPageOf(person, ids);
  const block = /<script type="application\/json" id="batch-data"[^>]*>(.*?)<\/script>/s.exec(text)?.[1];
  if (block === undefined) throw new Error(`no data block: ${text.slice(0, 300)}`);
  return JSON.parse(block);
}

export const askBatch = ({ cookie }: Someone, terms: BatchTerms, requests: readonly string[]): Promise<Response> =>
  call("POST", "/batch/statement", { cookie, body: { ...terms, requests } });

/** What has to be signed, and what is sent with the signature. */
export function batchToSign(
  { items, person }: Pick<BatchPageData, "items" | "person">,
  draft: DraftedToSign,
  terms: BatchTerms,
  change = (same: Statement, _at: number) => same,
) {
  const statements = draft.decisions.map(({ request: id, nonce, comment_salt: commentSalt }, at) => {
    const found = items.find(({ request }) => request.id === id);
    if (found === undefined) throw new Error(`${id} is not on the page`);
    return change(buildStatement(found.request, { ...terms, approver: person, commentSalt, nonce }), at);
  });
  const hashes = statements.length === 1 ? [] : statements.map(statementHash).toSorted();
  const [only] = statements;
  if (only === undefined) throw new Error("there is nothing to sign");
  const challenge =
    hashes.length === 0 ? decisionChallenge(only) : batchChallenge(ORIGIN, person, { nonce: draft.nonce, statements: hashes });
  const decisions = draft.decisions.map(({ request, nonce }) => ({ request, nonce }));
  return { challenge, body: { ...terms, nonce: draft.nonce, decisions, statements: hashes } };
}

export interface BatchSigning {
  /** Other statements than the page would make. */
  statement?: (statement: Statement, at: number) => Statement;
  /** What the ceremony gets wrong. */
  wrong?: Partial<Ceremony>;
  /** Another passkey than the person's. */
  passkey?: SoftwarePasskey;
}

/** Opens the page, and signs for all that it would; gives what the page sends. */
export async function signBatch(person: Someone, ids: readonly string[], terms = APPROVING, signing: BatchSigning = {}) {
  const { statement, wrong = {}, passkey = person.passkey } = signing;
  const data = await openBatch(person, ids);
  const draft = await given<DraftedToSign>(
    await askBatch(
      person,
      terms,
      data.items.map(({ request }) => request.id),
    ),
  );
  const { challenge, body } = batchToSign(data, draft, terms, statement);
  return { ...body, credential_id: passkey.credentialId, assertion: await passkey.sign({ challenge, origin: ORIGIN, ...wrong }) };
}

export const sendBatch = ({ cookie }: Someone, body: unknown): Promise<Response> => call("POST", "/batch/decision", { cookie, body });

/** Signs, sends, and it is answered what became of each. */
export const decidedBatch = async (
  person: Someone,
  ids: readonly string[],
  terms = APPROVING,
  signing: BatchSigning = {},
): Promise<BroughtItem[]> =>
  (await given<{ decisions: BroughtItem[] }>(await sendBatch(person, await signBatch(person, ids, terms, signing)))).decisions;

/** What of it counts, by request: the status, or the code. */
export const outcomesOf = (decisions: readonly BroughtItem[]): Record<string, string> =>
  Object.fromEntries(decisions.map(({ request, status, problem }) => [request, status ?? problem?.code ?? ""]));
