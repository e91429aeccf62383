/** A server is added and changed by admins' signatures over what was drafted: its settings, and its sealed credential by its hash. */
import { hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { canonicalize } from "#countersign/json/canonical-json.ts";
import type { AdminStatement } from "#countersign/documents/ceremony.ts";
import { serverKey } from "#countersign/documents/leaf-key.ts";
import type { Authorisation } from "#countersign/documents/record.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { AppendPorts } from "#gate/log/append-record.ts";
import type { SpentNonce } from "#gate/passkeys/spent-nonce.ts";
import { operationHash, parametersOf } from "#gate/signatures/authorise-admin.ts";
import type { AuthorisationRefusal, KeptSignature, NotKept, SignaturePorts } from "#gate/signatures/collect-signatures.ts";
import { progressOf, type SignatureProgress, signedChange } from "#gate/signatures/signed-change.ts";
import type { ServerSettings } from "#rules/calls/server-settings.ts";
import { LEASE_MS } from "#rules/lease.ts";
import { type ServerDraftPorts, serverOperation, type ServerOperation } from "./draft-server.ts";
import type { ServerDraft, StandingServer } from "./server-drafts.ts";
import { SERVER_REFUSALS, type ServerEffect, type ServerRow } from "./server-effects.ts";

export interface SignServerPorts
  extends Omit<SignaturePorts, "keepSignatures">, AppendPorts<ServerEffect>, Pick<ServerDraftPorts, "draftOf"> {
  /** From the D1 primary, removed or not; null if there never was one. */
  serverById(id: string): Promise<StandingServer | null>;
  /** `SignaturePorts.keepSignatures`, with the draft in the same write, should it have gone with an older signature. */
  keepWithServerDraft(kept: readonly KeptSignature[], spends: readonly SpentNonce[], draft: ServerDraft): Promise<Result<null, NotKept>>;
  /** Resolves after so many milliseconds, whatever the clock says. */
  sleep(ms: number): Promise<void>;
}

export type SignServerRefusal = AuthorisationRefusal | { reason: (typeof SERVER_REFUSALS)[keyof typeof SERVER_REFUSALS] };

/** What was signed for, and whether it is done or lacks another admin's signature. */
export interface SignedServer extends SignatureProgress {
  settings: ServerSettings;
}

type Kind = ServerOperation["operation"];

/** What a statement makes of a server; null if it is about none. */
export function serverOfStatement(statement: AdminStatement): { kind: Kind; server: ServerSettings } | null {
  for (const kind of ["server.added", "server.changed"] as const) {
    const parameters = parametersOf(kind, statement);
    if (parameters !== null) return { kind, server: parameters.server };
  }
  return null;
}

/** Adds a server. */
export const addServer = (brought: readonly Authorisation[], adminId: string, ports: SignServerPorts) =>
  signServer("server.added", null, brought, adminId, ports);

/** Changes the server of that name: its address, authentication, credential, features or limits. */
export const changeServer = (name: string, brought: readonly Authorisation[], adminId: string, ports: SignServerPorts) =>
  signServer("server.changed", name, brought, adminId, ports);

const isCredentialOf = (credential: string | null, { authentication }: ServerSettings): boolean =>
  authentication.credential_hash === (credential === null ? null : hex(sha256(utf8(credential))));

/**
 * 1. what the signatures are under was drafted here, as an addition or as a change of this server, and the draft is what its hashes say;
 * 2. enough admins signed for exactly this, or it waits with their signatures; 3. row, leaf and spent nonces are written together, if the
 * draft is still there and was made of the server as it is, with the credential that it has, and no other one has its name; 4. no call is
 * sent to the server as it was before any more (rules/lease.ts). Only then is a change answered.
 */
async function signServer(
  kind: Kind,
  name: string | null,
  brought: readonly Authorisation[],
  adminId: string,
  ports: SignServerPorts,
): Promise<Result<SignedServer, SignServerRefusal>> {
  const signed = brought[0] === undefined ? null : serverOfStatement(brought[0].statement);
  if (signed === null || signed.kind !== kind || (name !== null && signed.server.name !== name)) {
    return refuse({ reason: brought.length === 0 ? "wrong-number-of-signatures" : "signed-for-something-else" });
  }
  const { server } = signed;
  const draft = await ports.draftOf(operationHash({ operation: kind, parameters: { server } })); // 1
  if (draft === null) return refuse({ reason: "not-drafted" });
  const { serverId, settings, number, credential } = draft;
  const operation = serverOperation(server, number);
  if (settings !== canonicalize(server) || serverId !== server.id || operation.operation !== kind || !isCredentialOf(credential, server)) {
    return refuse({ reason: "signed-for-something-else" });
  }

  const before = await ports.serverById(serverId);
  const row: ServerRow = { id: serverId, name: server.name, settings, credential, number };
  // Every credential is sealed to other bytes. One that has been taken away meanwhile is not brought back by a change that kept it.
  const isSealedBefore = before?.settings.authentication.credential_hash === server.authentication.credential_hash;
  const keepsCredential = credential !== null && isSealedBefore;
  const moves = before !== null && before.settings.url !== server.url;
  const outcome = await signedChange(
    {
      operation, // 2
      key: serverKey(serverId, number),
      effect: (at, authorised): ServerEffect =>
        kind === "server.added"
          ? { kind: "server-added", server: row, at, authorised }
          : { kind: "server-changed", server: row, keepsCredential, moves, at, authorised }, // 3
      refusals: SERVER_REFUSALS,
      otherLeaf: "server-changed-meanwhile",
      stands: async () => ((await ports.serverById(serverId))?.number ?? 0) >= number,
    },
    adminId,
    brought,
    { ...ports, keepSignatures: (kept, spends) => ports.keepWithServerDraft(kept, spends, draft) },
  );
  if (!outcome.ok) return outcome;
  const progress = progressOf(outcome.value);
  if (progress.done && kind === "server.changed") await ports.sleep(LEASE_MS); // 4
  return accept({ ...progress, settings: server });
}
