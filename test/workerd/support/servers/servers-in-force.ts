/** A server in force, put there as the batch that makes one does; it is in no log. */
import { env } from "cloudflare:workers";
import { canonicalize } from "#countersign/json/canonical-json.ts";
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
