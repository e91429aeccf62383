/** A log in memory in which requests were decided, and evidence bundles of it, made by the service's own code and signed with the log's key. */
import { equal, hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { canonicalize, hashJson, type JsonObject } from "#countersign/json/canonical-json.ts";
import type { BundleFiles } from "#countersign/evidence/bundle-files.ts";
import type { Manifest } from "#countersign/evidence/bundle-format.ts";
import { signManifest } from "#countersign/evidence/manifest-note.ts";
import { leafEntry, type LogRecord, type RecordOf } from "#countersign/documents/record.ts";
import { requestHash } from "#countersign/documents/request.ts";
import { requestKey } from "#countersign/documents/leaf-key.ts";
import { formatCheckpoint } from "#countersign/tlog/checkpoint.ts";
import { leafHash } from "#countersign/tlog/merkle.ts";
import { signNote } from "#countersign/tlog/note.ts";
import { bundlePieces, type BundleReader } from "#gate/evidence/bundle-parts.ts";
import { type EvidenceLeaf, type EvidencePorts, Unprovable } from "#gate/evidence/evidence-ports.ts";
import { type Period, planBundle } from "#gate/evidence/plan-bundle.ts";
import type { ReceiptParts } from "#gate/approvals/assemble-receipt.ts";
import { proveLeaves } from "#gate/log/reading/prove-leaves.ts";
import {
  AGENT,
  bytesNamed,
  commonMembers,
  decide,
  LOG_ORIGIN,
  makeEnrolment,
  makeRequest,
  onThatDay,
  ORIGIN,
  PAYLOAD,
  type World,
} from "../documents/sealed-receipt.ts";
import { makePolicyRequest } from "../documents/policy-receipt.ts";
import { TiledTree } from "../log/tiled-tree.ts";

export const AUDITOR: BundleReader = { by: { id: "usr_alex", username: "alex" }, scope: "everything" };
const POLICY_DOCUMENT: JsonObject = { type: "countersign/policy@v1", rules: [] };
const ALL: Period = { from: null, to: null };

/** The names and bytes of a bundle's files, in the order in which they were made. */
export type MadeFiles = Map<string, Uint8Array>;

export class LoggedEvidence {
  readonly #world: World;
  readonly #leaves: EvidenceLeaf[] = [];
  readonly #tree = new TiledTree();
  readonly #parts = new Map<string, ReceiptParts>();
  readonly #enrolled = new Map<string, number>();
  /** When each size was committed, oldest first. */
  readonly #heads: { size: number; at: string }[] = [];

  private constructor(world: World) {
    this.#world = world;
  }

  /** Genesis, three people, an agent and a policy, from seven to nine in the morning. */
  static begun(world: World): LoggedEvidence {
    const logged = new LoggedEvidence(world);
    logged.append("genesis", {
      ...commonMembers(onThatDay("07:00:00")),
      kind: "log.genesis",
      origin: ORIGIN,
      vkey: world.trust.vkey,
      previous: null,
    });
    for (const name of ["alex", "blair", "casey"] as const) {
      const record = makeEnrolment(name, world.passkeys[name]);
      const key = name === "alex" ? "setup" : `passkey:${record.credential.id}`;
      logged.#enrolled.set(record.credential.id, logged.append(key, record));
    }
    logged.append(`${AGENT.id}:created`, {
      ...commonMembers(onThatDay("08:30:00")),
      kind: "agent.created",
      agent: { ...AGENT },
      authorised_by: [],
    });
    logged.publish(1);
    return logged;
  }

  get size(): number {
    return this.#leaves.length;
  }

  /** Of that version; all have the same document. */
  publish(version: number, at = onThatDay("08:45:00")): void {
    const previous = version === 1 ? null : hex(hashJson(POLICY_DOCUMENT));
    const record: RecordOf<"policy.published"> = {
      ...commonMembers(at),
      kind: "policy.published",
      version,
      hash: hex(hashJson(POLICY_DOCUMENT)),
      previous,
      authorised_by: [],
    };
    this.append(`policy:${version}`, record);
  }

  /** Appends a record under its key; gives its index. Its head is committed at the record's own time. */
  append(key: string, record: LogRecord): number {
    const salt = bytesNamed(`salt of ${key}`);
    const entry = leafEntry(record, salt);
    this.#leaves.push({ index: this.size, key, entry, record: canonicalize(record), salt });
    this.#tree.append([leafHash(entry)]);
    this.#heads.push({ size: this.size, at: record.at });
    return this.size - 1;
  }

  /** A request that was decided by one of the three in turn, and used if it was approved; every third by the policy. Gives its id. */
  async decided(nth: number): Promise<string> {
    const id = `apr_${String(nth).padStart(32, "0")}`;
    const isByPolicy = nth % 3 === 0;
    const request = { ...(isByPolicy ? makePolicyRequest() : makeRequest()), id };
    if (isByPolicy) request.policy = { version: 1, rule: "production-deploys", hash: hex(hashJson(POLICY_DOCUMENT)) };
    const by = isByPolicy ? "alex" : (["alex", "blair", "casey"] as const)[nth % 2];
    const verdict = !isByPolicy && nth % 5 === 4 ? "denied" : "approved";
    const comment = nth % 4 === 0 ? "Looked at <b>everything</b>." : "";
    const { decision, comment: comments } = await decide(
      this.#world,
      { status: verdict },
      request,
      { by: by ?? "alex", verdict, comment },
      0,
    );
    const final = {
      ...commonMembers(onThatDay("09:10:00")),
      kind: `approval.${verdict}` as const,
      request,
      ended_by: "passkeys" as const,
      decisions: [decision],
    };
    const finalIndex = this.append(requestKey(id, "final"), final);
    const redeemedIndex = verdict === "approved" ? this.append(requestKey(id, "redeemed"), this.#redemption(request)) : null;
    this.#parts.set(id, {
      payload: canonicalize(PAYLOAD),
      log: LOG_ORIGIN,
      finalIndex,
      redeemedIndex,
      outcomeIndex: null,
      credentialIds: [decision.credential_id],
      comments,
      ...(isByPolicy && { further: { policyVersion: 1, detail: null } }),
    });
    return id;
  }

  #redemption(request: Parameters<typeof requestHash>[0]): RecordOf<"approval.redeemed"> {
    const redeemed_by = { id: AGENT.id, name: AGENT.name };
    const hashes = { request_hash: requestHash(request), payload_hash: request.payload_hash };
    return { ...commonMembers(onThatDay("09:20:00")), kind: "approval.redeemed", ...hashes, redeemed_by };
  }

  /** Record and salt of the leaf are erased. */
  erase(index: number): void {
    Object.assign(this.#leaves[index] as EvidenceLeaf, { record: null, salt: null });
  }

  /** What the bundle is made with; `changed` in the ways given. */
  ports(changed: Partial<EvidencePorts> = {}): EvidencePorts {
    const reader: EvidencePorts["reader"] = {
      readLeaves: (indices) =>
        Promise.resolve(
          indices.flatMap((index) => {
            const leaf = this.#leaves[index];
            if (leaf === undefined) return [];
            const { entry, record, salt } = leaf;
            return [{ index, entry, sealed: record === null || salt === null ? null : { record: JSON.parse(record) as LogRecord, salt } }];
          }),
        ),
      readTiles: (addresses) => Promise.resolve(this.#tree.read(addresses)),
    };
    const { signer } = this.#world;
    const checkpoint = () => signNote(formatCheckpoint({ origin: LOG_ORIGIN, ...this.#tree.tree }), [signer]);
    const indexOf = (key: string) => Promise.resolve(this.#leaves.find((leaf) => leaf.key === key)?.index ?? null);
    return {
      origin: ORIGIN,
      log: { checkpoint, witnessedCheckpoint: checkpoint, signEvidence: (hash) => signManifest(hash, [signer]) },
      heads: {
        headsFrom: (sizes) =>
          Promise.resolve(sizes.map((size) => this.#heads.find((head) => head.size >= size)).filter((head) => head !== undefined)),
      },
      reader,
      evidence: {
        leaves: (first, count) => Promise.resolve(this.#leaves.slice(first, first + count)),
        countEnded: (first, last) =>
          Promise.resolve(this.#leaves.slice(first, last).filter(({ key, record }) => key.endsWith(":final") && record !== null).length),
        enrolments: (size) => Promise.resolve([...this.#enrolled.values()].filter((index) => index < size)),
        policies: (size) =>
          Promise.resolve(
            this.#leaves
              .slice(0, size)
              .filter(({ key }) => key.startsWith("policy:"))
              .map(({ key, index }) => ({ version: Number(key.slice("policy:".length)), index })),
          ),
        policyDocument: () => Promise.resolve(canonicalize(POLICY_DOCUMENT)),
      },
      partsOf: (id) => Promise.resolve(this.#parts.get(id) ?? null),
      receipts: (signed) => ({
        prepare: () => Promise.resolve(),
        enrolmentIndices: () => Promise.resolve(this.#enrolled),
        indexOf,
        requestOfGrant: () => Promise.resolve(null),
        checkpoint: () => Promise.resolve(signed),
        async prove(wanted, note) {
          const proven = await proveLeaves(wanted, { log: { witnessedCheckpoint: () => Promise.resolve(note) }, reader });
          if (!proven.ok) throw new Unprovable("erased");
          return proven.value.leaves.map(({ record, salt, proof }) => ({ record, salt, proof }));
        },
      }),
      now: () => Date.parse(onThatDay("12:00:00")),
      ...changed,
    };
  }

  /** The files of a bundle of this period. */
  async bundle(period = ALL, reader = AUDITOR, ports = this.ports()): Promise<MadeFiles> {
    const plan = await planBundle(period, ports);
    if (!plan.ok) throw new Error(plan.refusal.reason);
    const pieces = new Map<string, Uint8Array[]>();
    for await (const { name, bytes } of bundlePieces(plan.value, reader, ports)) pieces.set(name, [...(pieces.get(name) ?? []), bytes]);
    return new Map([...pieces].map(([name, parts]) => [name, new Uint8Array(Buffer.concat(parts))]));
  }
}

/** As the verifier reads them. */
export const filesOf = (made: ReadonlyMap<string, Uint8Array>): BundleFiles => ({
  names: [...made.keys()],
  async *read(name) {
    yield await Promise.resolve(made.get(name) ?? new Uint8Array());
  },
});

export const textIn = (made: ReadonlyMap<string, Uint8Array>, name: string): string => new TextDecoder().decode(made.get(name));

/** The bundle with another manifest, listed and signed anew by whoever holds the log's key: what an operator could make of it. */
export async function signedAnew(made: MadeFiles, world: World, change: (manifest: Manifest) => void = () => {}): Promise<MadeFiles> {
  const manifest = JSON.parse(textIn(made, "manifest.json")) as Manifest;
  manifest.files = [...made]
    .filter(([name]) => !name.startsWith("manifest."))
    .map(([name, bytes]) => ({ name, sha256: hex(sha256(bytes)), size: bytes.length }))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
  change(manifest);
  const text = canonicalize(manifest);
  const note = await signManifest(hex(sha256(utf8(text))), [world.signer]);
  return new Map([...made, ["manifest.json", utf8(text)], ["manifest.note", utf8(note)]]);
}

/** Whether two bundles hold the same files. */
export const sameFiles = (one: MadeFiles, other: MadeFiles): boolean =>
  one.size === other.size && [...one].every(([name, bytes]) => equal(bytes, other.get(name) ?? new Uint8Array([0])));
