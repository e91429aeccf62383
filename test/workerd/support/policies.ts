/** A policy in force, and what is judged by it. */
import { env } from "cloudflare:workers";
import { canonicalize } from "#countersign/json/canonical-json.ts";
import { policyHash, readPolicyDocument } from "#countersign/policy/document/read-policy-document.ts";

/** Puts a policy into force, as the batch of a publication does; it is in no log. Gives its version. */
export async function putInForce(source: string): Promise<number> {
  const read = readPolicyDocument(source);
  if (!read.ok) throw new Error(JSON.stringify(read.refusal));
  const version = ((await env.DB.prepare("SELECT max(version) AS version FROM policy").first<number | null>("version")) ?? 0) + 1;
  const values = [version, policyHash(read.value.document), source, canonicalize(read.value.document), "2026-11-29T00:00:00.000Z", 0];
  await env.DB.prepare("INSERT INTO policy (version, hash, source, document, published_at, leaf_index) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
    .bind(...values)
    .run();
  return version;
}

/** A policy of these rules. */
export const policyOf = (rules: readonly object[], more: object = {}): string =>
  JSON.stringify({ type: "countersign/policy@v1", ...more, rules });
