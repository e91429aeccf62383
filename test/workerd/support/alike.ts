/** Denying what is alike, as its page does it, with a passkey in software. */
import { batchChallenge, buildStatement, decisionChallenge, type Statement, statementHash } from "#countersign/documents/statement.ts";
import type { DraftedToSign } from "#api/batch/signing-shapes.ts";
import type { AlikePageData, DeniedAlikeAnswer } from "#api/patterns/alike-shapes.ts";
import type { PatternItem } from "#api/patterns/pattern-data.ts";
import type { Ceremony, SoftwarePasskey } from "#countersign/testing/software-passkey.ts";
import { given } from "./invited.ts";
import { call, ORIGIN, type Someone } from "./people.ts";

export interface Terms {
  scope: "arguments" | "tool";
  seconds: number;
  comment: string;
}
export const ANY: Terms = { scope: "tool", seconds: 3_600, comment: "" };

/** The data block of the page, as its script reads it. */
export async function openAlike(person: Someone, source: string): Promise<AlikePageData> {
  const page = await call("GET", `/a/${source}/alike`, { cookie: person.cookie });
  const text = await page.text();
  const block = /<script type="application\/json" id="alike-data"[^>]*>(.*?)<\/script>/s.exec(text)?.[1];
  if (block === undefined) throw new Error(`no data block: ${page.status} ${text.slice(0, 300)}`);
  return JSON.parse(block);
}

export const askDraft = ({ cookie }: Someone, source: string, terms: Terms, requests: readonly string[]): Promise<Response> =>
  call("POST", `/a/${source}/alike/statement`, { cookie, body: { ...terms, requests } });

export interface AlikeSigning {
  /** Other statements than the page would make. */
  statement?: (statement: Statement) => Statement;
  /** What the ceremony gets wrong. */
  wrong?: Partial<Ceremony>;
  /** Another passkey than the person's. */
  passkey?: SoftwarePasskey;
}

/** What has to be signed, and what is sent with the signature. */
export function toSign(data: AlikePageData, draft: DraftedToSign, terms: Terms, change = (same: Statement) => same) {
  const statements = draft.decisions.map(({ request: id, nonce, comment_salt: commentSalt }) => {
    const found = data.requests.find(({ request }) => request.id === id);
    if (found === undefined) throw new Error(`${id} is not on the page`);
    return change(buildStatement(found.request, { verdict: "denied", approver: data.person, comment: terms.comment, commentSalt, nonce }));
  });
  const hashes = statements.length === 1 ? [] : statements.map(statementHash).toSorted();
  const [only] = statements;
  if (only === undefined) throw new Error("there is nothing to sign");
  const challenge =
    hashes.length === 0 ? decisionChallenge(only) : batchChallenge(ORIGIN, data.person, { nonce: draft.nonce, statements: hashes });
  const decisions = draft.decisions.map(({ request, nonce }) => ({ request, nonce }));
  return { challenge, body: { ...terms, nonce: draft.nonce, decisions, statements: hashes } };
}

/** What the page sends once all is signed. */
async function signedAlike(person: Someone, data: AlikePageData, draft: DraftedToSign, terms: Terms, signing: AlikeSigning) {
  const { statement, wrong = {}, passkey = person.passkey } = signing;
  const { challenge, body } = toSign(data, draft, terms, statement);
  return {
    ...body,
    credential_id: passkey.credentialId,
    assertion: await passkey.sign({ challenge, origin: ORIGIN, ...wrong }),
  };
}

/** Opens the page, and signs for all that it would. */
export async function signAlike(person: Someone, source: string, terms: Terms = ANY, signing: AlikeSigning = {}) {
  const data = await openAlike(person, source);
  const wanted = data.requests.filter(({ same }) => same || terms.scope === "tool").map(({ request }) => request.id);
  const draft = await given<DraftedToSign>(await askDraft(person, source, terms, wanted));
  return signedAlike(person, data, draft, terms, signing);
}

export const sendAlike = ({ cookie }: Someone, source: string, body: unknown): Promise<Response> =>
  call("POST", `/a/${source}/alike/decision`, { cookie, body });

/** Signs, sends, and it works. */
export const deniedAlike = async (person: Someone, source: string, terms: Terms = ANY, signing: AlikeSigning = {}) =>
  given<DeniedAlikeAnswer>(await sendAlike(person, source, await signAlike(person, source, terms, signing)));

export const patternsOf = async ({ cookie }: Someone): Promise<PatternItem[]> =>
  (await given<{ items: PatternItem[] }>(await call("GET", "/api/v1/patterns", { cookie }))).items;

export const lift = ({ cookie }: Someone, id: string): Promise<Response> => call("DELETE", `/api/v1/patterns/${id}`, { cookie });
