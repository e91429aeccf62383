/** A policy comes into force by admins' signatures over its version, its hash, and the hash of the version that it follows. */
import type { AdminStatement } from "#countersign/documents/ceremony.ts";
import type { Authorisation } from "#countersign/documents/record.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { canonicalize } from "#countersign/json/canonical-json.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { AppendPorts } from "#gate/log/append-record.ts";
import type { SpentNonce } from "#gate/passkeys/spent-nonce.ts";
import { type AdminOperation, draftAdminStatement, parametersOf, type StatementPorts } from "#gate/signatures/authorise-admin.ts";
import type { AuthorisationRefusal, KeptSignature, NotKept, SignaturePorts } from "#gate/signatures/collect-signatures.ts";
import { progressOf, type SignatureProgress, signedChange } from "#gate/signatures/signed-change.ts";
import { LEASE_MS } from "#rules/lease.ts";
import { type CheckPorts, type FaultyPolicy, publishable } from "./check-source.ts";
import { PUBLICATION_REFUSALS, type PublicationEffect } from "./policy-effects.ts";

/** A version, by what is signed of it. */
export interface PolicyVersion {
  version: number;
  hash: string;
}

export interface PublicationPorts extends Omit<SignaturePorts, "keepSignatures">, AppendPorts<PublicationEffect>, CheckPorts {
  /** The newest version, from the D1 primary; null if nothing was ever published. */
  newestPolicy(): Promise<PolicyVersion | null>;
  /** `SignaturePorts.keepSignatures`, with the text that is signed for in the same write: whoever is asked to sign next reads it. */
  keepWithDraft(kept: readonly KeptSignature[], spends: readonly SpentNonce[], draft: PolicyDraft): Promise<Result<null, NotKept>>;
  /** Resolves after so many milliseconds, whatever the clock says. */
  sleep(ms: number): Promise<void>;
}

/** A text under a signature that waits for another admin's. */
export interface PolicyDraft {
  source: string;
  madeBy: string;
  madeAt: string;
}

/** A text, and the version that it was written against: 0 if nothing was published then. */
export interface Publication {
  source: string;
  basedOn: number;
}

/** Another version is in force than the text was written against, or comes into force. */
export interface AnotherInForce {
  reason: "another-in-force";
  inForce: PolicyVersion | null;
}

export type PublicationRefusal = AuthorisationRefusal | FaultyPolicy | AnotherInForce;

/** The version, and whether it is in force or lacks another admin's signature. */
export interface PublicationProgress extends SignatureProgress, PolicyVersion {}

const publication = (version: number, hash: string, previous: string | null): AdminOperation<"policy.published"> => ({
  operation: "policy.published",
  parameters: { version, hash, previous },
});

/** What a statement publishes; null if it publishes nothing. */
export const publicationOfStatement = (statement: AdminStatement): AdminOperation<"policy.published">["parameters"] | null =>
  parametersOf("policy.published", statement);

type ReadPorts = CheckPorts & Pick<PublicationPorts, "newestPolicy">;

interface Prepared {
  operation: AdminOperation<"policy.published">;
  /** Canonical JSON. */
  document: string;
}

/** What is signed for a text, if it may be published, and was written against what is in force. */
async function prepare({ source, basedOn }: Publication, ports: ReadPorts): Promise<Result<Prepared, FaultyPolicy | AnotherInForce>> {
  const [checked, inForce] = await Promise.all([publishable(source, ports), ports.newestPolicy()]);
  if (!checked.ok) return checked;
  if ((inForce?.version ?? 0) !== basedOn) return refuse({ reason: "another-in-force", inForce });
  const { hash, document } = checked.value;
  return accept({ operation: publication(basedOn + 1, hash, inForce?.hash ?? null), document: canonicalize(document) });
}

/** The statement under which `adminId` publishes a text. */
export async function draftPublication(
  wanted: Publication,
  adminId: string,
  ports: StatementPorts & ReadPorts,
): Promise<Result<AdminStatement, FaultyPolicy | AnotherInForce>> {
  const prepared = await prepare(wanted, ports);
  return prepared.ok ? accept(draftAdminStatement(adminId, prepared.value.operation, ports)) : prepared;
}

/**
 * 1. the text may be published, and was written against what is in force; 2. enough admins signed for exactly this version of it, or it
 * waits with their signatures; 3. version, leaf and spent nonces are written together, if it is still the next; 4. no ask or use is judged
 * by the version before any more (rules/lease.ts). Only then is it answered.
 */
export async function publishPolicy(
  wanted: Publication,
  adminId: string,
  brought: readonly Authorisation[],
  ports: PublicationPorts,
): Promise<Result<PublicationProgress, PublicationRefusal>> {
  const prepared = await prepare(wanted, ports); // 1
  if (!prepared.ok) return prepared;
  const { operation, document } = prepared.value;
  const { version, hash, previous } = operation.parameters;
  const { source } = wanted;
  const draft = { source, madeBy: adminId, madeAt: timestamp(ports.now()) };

  const signed = await signedChange(
    {
      operation, // 2
      effect: (at, authorised): PublicationEffect => ({
        kind: "policy-published",
        version,
        hash,
        previous,
        source,
        document,
        at,
        authorised,
      }), // 3
      refusals: PUBLICATION_REFUSALS,
      otherLeaf: "another-in-force",
      stands: async () => (await ports.newestPolicy())?.hash === hash,
    },
    adminId,
    brought,
    { ...ports, keepSignatures: (kept, spends) => ports.keepWithDraft(kept, spends, draft) },
  );
  if (!signed.ok) {
    const { refusal } = signed;
    return refuse(refusal.reason === "another-in-force" ? { reason: refusal.reason, inForce: await ports.newestPolicy() } : refusal);
  }
  const progress = progressOf(signed.value);
  if (progress.done) await ports.sleep(LEASE_MS); // 4
  return accept({ ...progress, version, hash });
}
