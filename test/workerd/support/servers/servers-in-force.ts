/** A server in force, put there as the batch that makes one does; it is in no log. */
import { env } from "cloudflare:workers";
import { canonicalize } from "#countersign/json/canonical-json.ts";
import { grantTerms } from "#rules/calls/connections/server-grants.ts";
import type { ServerSettings } from "#rules/calls/server-settings.ts";
import { pinnedMembers, toolPin } from "#countersign/documents/tool-pin.ts";

const AT = "2026-11-29T00:00:00.000Z";
const DEFINITION = pinnedMembers({ name: "get_ticket", description: "Says what a ticket is about.", inputSchema: { type: "object" } });

/** What it lists, and nobody has accepted. */
export const LISTED = { name: "get_ticket", pin: toolPin(DEFINITION) };

/** A server called tickets, with a bearer token, of which one tool is listed. Gives its id. */
export async function putServer(name = "tickets"): Promise<string> {
  const id = `srv_${crypto.randomUUID().replaceAll("-", "").slice(0, 22)}`;
  const authentication = { kind: "bearer", credential_hash: "0".repeat(64) };
  const settings = canonicalize({ id, name, url: "https://mcp.example.com/mcp", authentication, features: {}, limits: {} });
  await env.DB.batch([
    env.DB.prepare(
      "INSERT INTO server (id, name, settings, credential, number, created_at, leaf_index) VALUES (?1, ?2, ?3, 'AAAA', 1, ?4, 0)",
    ).bind(id, name, settings, AT),
    env.DB.prepare("INSERT INTO server_listed (server_id, name, pin, definition) VALUES (?1, ?2, ?3, ?4)").bind(
      id,
      LISTED.name,
      LISTED.pin,
      canonicalize(DEFINITION),
    ),
  ]);
  return id;
}

/** What that person brought back from the issuer of the server called so, and nobody has signed for. Its tokens are nowhere. */
export async function putServerGrant(madeBy: string, owner: string | null, name = "tickets"): Promise<string> {
  const id = `sgr_${crypto.randomUUID().replaceAll("-", "").slice(0, 22)}`;
  const server = await env.DB.prepare("SELECT id, settings FROM server WHERE name = ?1 AND removed_at IS NULL")
    .bind(name)
    .first<{ id: string; settings: string }>();
  if (server === null) throw new Error(`no server ${name}`);
  const terms = grantTerms(JSON.parse(server.settings) as ServerSettings);
  await env.DB.prepare(
    `INSERT INTO server_grant (id, server_id, owner, issuer, account, terms, made_by, made_at)
     VALUES (?1, ?2, ?3, 'https://auth.example.com', 'thief@example.com', ?4, ?5, ?6)`,
  )
    .bind(id, server.id, owner, terms, madeBy, new Date().toISOString())
    .run();
  return id;
}
