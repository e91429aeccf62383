/** An agent is made by admins' passkeys over its name. Its key is shown once and kept as a hash. */
import { API_KEY_RANDOM_BYTES, apiKeyFrom, apiKeyHash } from "#countersign/documents/api-key.ts";
import { b64u } from "#countersign/encoding/bytes.ts";
import type { AdminStatement } from "#countersign/documents/ceremony.ts";
import type { Authorisation } from "#countersign/documents/record.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { isObject } from "#countersign/json/shape.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { type AdminOperation, draftAdminStatement, type StatementPorts } from "#gate/signatures/authorise-admin.ts";
import {
  type AuthorisationRefusal,
  collectSignatures,
  refusalOfConstraint,
  type SignaturePorts,
} from "#gate/signatures/collect-signatures.ts";
import type { TransparencyLog } from "#gate/log/transparency-log.ts";

export interface AgentPorts extends SignaturePorts {
  log: TransparencyLog;
  logOrigin: string;
}

export interface NewAgent {
  id: string;
  name: string;
  /** The person who answers for it: the admin who asked for it first. */
  owner: string;
}

/** Made, with the key for whose signature was the last; or how many admins have signed so far. */
export type CreatedAgent =
  | { created: true; id: string; name: string; key: string }
  | { created: false; signatures: number; required: number };

const creation = (agent: NewAgent): AdminOperation => ({ operation: "agent.created", parameters: { agent: { ...agent } } });

/** The statement under which `adminId` makes an agent of this name. */
export const draftAgent = (name: string, adminId: string, ports: StatementPorts): AdminStatement =>
  draftAdminStatement(adminId, creation({ id: `agt_${b64u(ports.random(16))}`, name, owner: adminId }), ports);

/** The statement under which `adminId` makes an agent that another admin has signed for. */
export const draftProposedAgent = (agent: NewAgent, adminId: string, ports: StatementPorts): AdminStatement =>
  draftAdminStatement(adminId, creation(agent), ports);

/** The agent that a statement makes; null if it makes none. */
export function agentOfStatement({ operation, parameters }: AdminStatement): NewAgent | null {
  const agent = operation === "agent.created" ? parameters["agent"] : undefined;
  if (!isObject(agent)) return null;
  const { id, name, owner } = agent;
  return typeof id === "string" && typeof name === "string" && typeof owner === "string" ? { id, name, owner } : null;
}

/**
 * 1. enough admins signed for an agent of this name, whose id and owner the server chose, as their nonces tell; 2. agent, leaf
 * and spent nonces are written together. Gives the key, which is stored nowhere.
 */
export async function createAgent(
  name: string,
  adminId: string,
  authorisedBy: readonly Authorisation[],
  ports: AgentPorts,
): Promise<Result<CreatedAgent, AuthorisationRefusal>> {
  const signed = authorisedBy[0] === undefined ? null : agentOfStatement(authorisedBy[0].statement);
  const agent: NewAgent = { id: signed?.id ?? "", name, owner: signed?.owner ?? "" };
  const collected = await collectSignatures(authorisedBy, adminId, creation(agent), ports); // 1
  if (!collected.ok) return collected;
  if (!collected.value.complete) {
    const { signatures, required } = collected.value;
    return accept({ created: false, signatures, required });
  }

  const { authorisedBy: authorised_by, effect: authorised } = collected.value;
  const key = apiKeyFrom(ports.random(API_KEY_RANDOM_BYTES));
  const at = timestamp(ports.now());
  const outcome = await ports.log.append({
    idem: `${agent.id}:created`,
    sealed: {
      record: { type: "countersign/record@v1", kind: "agent.created", log: ports.logOrigin, at, agent: { ...agent }, authorised_by },
      salt: b64u(ports.random(32)),
    },
    effect: { kind: "agent-created", agent: { ...agent, keyHash: apiKeyHash(key), createdAt: at }, authorised },
  }); // 2
  switch (outcome.status) {
    case "logged":
      return accept({ created: true, id: agent.id, name, key });
    case "conflict":
      // Two last signatures at the same moment: the key is in the other answer.
      if (authorised.kept.length > 0) return accept({ created: false, signatures: authorised_by.length, required: authorised_by.length });
      return refuse({ reason: "authorisation-spent" });
    case "refused": {
      const refusal = refusalOfConstraint(outcome.constraint);
      if (refusal.reason === "last-admin") throw new Error("making an agent takes no admin away");
      return refuse(refusal);
    }
  }
}
