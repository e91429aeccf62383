/** What becomes of policies with a leaf of the log, and under which condition. */
import type { SpentAuthorisation } from "#gate/signatures/collect-signatures.ts";

export interface PublicationEffect {
  kind: "policy-published";
  version: number;
  /** SHA-256 of the document, hexadecimal. */
  hash: string;
  /** Hash of the version before; null for the first. */
  previous: string | null;
  /** As an admin wrote it. */
  source: string;
  /** Canonical JSON. */
  document: string;
  at: string;
  authorised: SpentAuthorisation;
}

/** Why nothing is published, by the condition that does not hold in the write. */
export const PUBLICATION_REFUSALS = { version_is_next: "another-in-force" } as const;
