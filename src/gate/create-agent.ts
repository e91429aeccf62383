/** An agent is made by an admin's passkey over its name. Its key is shown once and kept as a hash. */
import { API_KEY_RANDOM_BYTES, apiKeyFrom, apiKeyHash } from "../core/api-key.ts";
import { b64u } from "../core/bytes.ts";
import type { AdminStatement } from "../core/ceremony.ts";
import type { Authorisation } from "../core/record.ts";
import { accept, refuse, type Result } from "../core/result.ts";
import { isObject } from "../core/shape.ts";
import { timestamp } from "../core/words.ts";
import {
  type AdminOperation,
  type AdminPorts,
  type AuthorisationRefusal,
  checkAuthorisation,
  draftAdminStatement,
} from "./authorise-admin.ts";
import type { TransparencyLog } from "./transparency-log.ts";

export interface AgentPorts extends AdminPorts {
  log: TransparencyLog;
  logOrigin: string;
}

export type CreateAgentRefusal = AuthorisationRefusal | { reason: "authorisation-spent" };

interface NewAgent {
  id: string;
  name: string;
  /** The person who answers for it: the admin who made it. */
  owner: string;
}

const creation = (agent: NewAgent): AdminOperation => ({ operation: "agent.created", parameters: { agent: { ...agent } } });

/** The statement under which `adminId` makes an agent of this name. */
export const draftAgent = (
  name: string,
  adminId: string,
  ports: Pick<AdminPorts, "origin" | "serverSecret" | "now" | "random">,
): AdminStatement => draftAdminStatement(adminId, creation({ id: `agt_${b64u(ports.random(16))}`, name, owner: adminId }), ports);

/** The id in what was signed. Whether the server chose it, the nonce tells. */
function signedAgentId(authorisedBy: Authorisation[]): string {
  const signed = authorisedBy[0]?.statement.parameters["agent"];
  return isObject(signed) && typeof signed["id"] === "string" ? signed["id"] : "";
}

/**
 * 1. the admin signed for an agent of this name, with an id made here; 2. agent, leaf and spent nonce are written together.
 * Gives the key, which is stored nowhere.
 */
export async function createAgent(
  name: string,
  adminId: string,
  authorisedBy: Authorisation[],
  ports: AgentPorts,
): Promise<Result<{ id: string; name: string; key: string }, CreateAgentRefusal>> {
  const agent: NewAgent = { id: signedAgentId(authorisedBy), name, owner: adminId };
  const authorised = await checkAuthorisation(authorisedBy, adminId, creation(agent), ports); // 1
  if (!authorised.ok) return authorised;

  const key = apiKeyFrom(ports.random(API_KEY_RANDOM_BYTES));
  const at = timestamp(ports.now());
  const outcome = await ports.log.append({
    idem: `${agent.id}:created`,
    sealed: {
      record: {
        type: "countersign/record@v1",
        kind: "agent.created",
        log: ports.logOrigin,
        at,
        agent: { ...agent },
        authorised_by: authorisedBy,
      },
      salt: b64u(ports.random(32)),
    },
    effect: { kind: "agent-created", agent: { ...agent, keyHash: apiKeyHash(key), createdAt: at }, spends: authorised.value },
  }); // 2
  return outcome.status === "logged" ? accept({ id: agent.id, name, key }) : refuse({ reason: "authorisation-spent" });
}
