/**
 * An admin's signature under a statement that the service drafts and this script checks: it signs only what says exactly
 * what the page shows. What that is, each page says.
 */
import { type AdminStatement, adminShape, ceremonyChallenge } from "#countersign/documents/ceremony.ts";
import type { Authorisation } from "#countersign/documents/record.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { anyObject, fit, nullable, objectWith, type Of, type Shape, text } from "#countersign/json/shape.ts";
import { credentialsShape, sign } from "#pages/kit/browser/passkey.ts";
import { post, type Problem } from "#pages/kit/browser/post.ts";
import { signaturesTexts as texts } from "#texts/browser/signatures.ts";

const draftShape = objectWith(
  { statement: adminShape, credentials: credentialsShape, rp_id: text(1) },
  { settings: anyObject, secret: nullable(text(1)) },
);

/** What comes with a statement: what its hashes are of, and what is shown this once. */
export type Drafted = Pick<Of<typeof draftShape>, "settings" | "secret">;

/** What the admin agrees to. */
export interface Agreement<Parameters> {
  /** Where the statement is drafted, and from what. */
  path: string;
  body: Readonly<Record<string, unknown>>;
  operation: string;
  parameters: Shape<Parameters>;
  /** Whether the statement's parameters say what is shown. */
  isShown: (parameters: Parameters, drafted: Drafted) => boolean;
  /** Id of the admin whose page this is. */
  admin: string;
}

const OTHERWISE = texts.sign.notShown;

function agrees<Parameters>(statement: AdminStatement, drafted: Drafted, agreement: Agreement<Parameters>): boolean {
  const { origin, admin, operation, parameters } = statement;
  if (origin !== location.origin || admin !== agreement.admin || operation !== agreement.operation) return false;
  const read = fit(agreement.parameters, parameters);
  return read.ok && agreement.isShown(read.value, drafted);
}

/** Asks for the statement, checks it, asks for the passkey; gives the signature as `authorised_by` has it, or what to tell. */
export async function authorise<Parameters>(
  agreement: Agreement<Parameters>,
  explain: (problem: Problem) => string = ({ detail }) => detail,
): Promise<Result<Authorisation[], string>> {
  const drafted = await post(agreement.path, agreement.body, draftShape);
  if (!drafted.ok) return refuse(explain(drafted.refusal));
  const { statement, credentials, rp_id: rpId, ...besides } = drafted.value;
  if (!agrees(statement, besides, agreement)) return refuse(OTHERWISE);
  if (credentials.length === 0) return refuse(texts.sign.noPasskey);
  const signed = await sign(ceremonyChallenge(statement), credentials, rpId);
  return signed.ok ? accept([{ statement, ...signed.value }]) : signed;
}
