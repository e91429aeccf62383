/** Published policies in D1 (d1-migrations/0012). They come with a leaf of the log, and stay. */
import { hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import type { PolicyDocument } from "#countersign/policy/document/policy-document.ts";
import type { CompiledPolicy } from "#countersign/policy/judging/compiled.ts";
import { DEFAULT_POLICY } from "#countersign/documents/request.ts";
import type { PolicyInForce } from "#rules/policies/judged.ts";
import { within } from "#config/within.ts";
import { PolicyMemory, type PublishedPolicy } from "#rules/policies/policy-memory.ts";

const IN_FORCE = `
  SELECT gate.epoch, policy.version, policy.hash, policy.document FROM gate LEFT JOIN policy
  ON policy.version = (SELECT max(version) FROM policy)`;

interface InForce {
  epoch: number;
  version: number | null;
  hash: string | null;
  document: string | null;
}

/** From the primary. */
async function read(d1: D1Database): Promise<PublishedPolicy> {
  const row = await d1.withSession("first-primary").prepare(IN_FORCE).first<InForce>();
  if (row === null) throw new Error("the database does not say which policy is in force");
  const { epoch, version, hash, document } = row;
  return { epoch, version: version ?? DEFAULT_POLICY.version, hash: hash ?? DEFAULT_POLICY.hash, document };
}

/** What was published was checked; compiling it refuses nothing, and what cannot be used never lets anything pass. */
async function compiledFrom({ version, hash, document }: PublishedPolicy): Promise<CompiledPolicy | null> {
  if (document === null) return null;
  if (hex(sha256(utf8(document))) !== hash) throw new Error(`the document of policy version ${version} is not the one that was published`);
  // Loaded by whom a policy is published, and not by every Worker that starts.
  const { compile } = await import("#countersign/policy/judging/compile.ts");
  return compile(JSON.parse(document) as PolicyDocument);
}

const memory = new PolicyMemory();

/** Who waits for longer is told that it cannot be known, and whoever comes next reads anew. */
const PATIENCE_MS = 5_000;

/** The policy of this epoch, or what is in force now if that is another; this isolate remembers it. Throws if that cannot be known. */
export const policyOf = (d1: D1Database, epoch: number): Promise<PolicyInForce> =>
  memory.of(epoch, { read: () => within(PATIENCE_MS, read(d1)), compile: compiledFrom });
