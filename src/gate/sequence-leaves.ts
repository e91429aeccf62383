/**
 * The log's only writer: gives each leaf its place, commits batches, signs what is committed and anchored.
 * Opening and what halts it is open-log.ts; D1 behind the port is storage/log-store.ts; the shell is the LogSequencer object.
 * Correctness rests on D1 refusing a second writer, not on there being one: a batch that fails is looked up, then retried singly.
 */
import { type Bytes, equal } from "../core/bytes.ts";
import { leafEntry, type LogRecord } from "../core/record.ts";
import { timestamp } from "../core/words.ts";
import { formatCheckpoint } from "../tlog/checkpoint.ts";
import { leafHash } from "../tlog/merkle.ts";
import { makeVkey, type Signer, signNote } from "../tlog/note.ts";
import { appendLeaves, type ChangedTile, type Tree, treeFromEdge } from "../tlog/tile.ts";
import { advanceAnchor, type Anchor, type CommittedLog, type Head, openLog, type StoredLeaf, type StoredLog } from "./open-log.ts";
import { type AppendOutcome, type Leaf, LogError, type TransparencyLog } from "./transparency-log.ts";

/** With two statements a leaf a batch stays below the 50 queries that D1's free plan allows an invocation. */
const MAX_BATCH_LEAVES = 20;
/** Leaves waiting or being committed. */
const MAX_QUEUED_LEAVES = 1_000;
/** Lost races of one leaf before its caller is told to come back. */
const MAX_TRIES = 8;

/** A leaf at the place it shall have. */
interface PlacedLeaf extends Leaf {
  index: number;
  entry: Bytes;
}

/** One step of the log: all of it becomes durable and visible together, or nothing. */
export interface Append {
  /** The log has exactly so many leaves now. With 0 the log itself begins. */
  previousSize: number;
  leaves: PlacedLeaf[];
  tiles: ChangedTile[];
  head: Head;
  /** When, as words.ts writes times. */
  at: string;
}

export type CommitOutcome =
  | { status: "committed" }
  /** The log is not as the writer believes, or a key has its leaf already. Nothing was written. */
  | { status: "lost-race" }
  /** An effect breaks a constraint, named as SQLite names it. Nothing was written. */
  | { status: "refused"; constraint: string };

export interface LogStore extends CommittedLog {
  /** Throws if it cannot be known whether the append is durable. */
  commit(append: Append): Promise<CommitOutcome>;
  /** The leaf of that idempotency key, from the primary; null if there is none. */
  findLeaf(idem: string): Promise<StoredLeaf | null>;
}

export interface SequencerPorts {
  /** Its name is the log's origin line. */
  signer: Signer;
  /** For genesis: scheme, host and port. */
  publicOrigin: string;
  store: LogStore;
  anchor: Anchor;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** b64u of 32 random bytes. */
  salt: () => string;
}

interface Queued {
  leaf: Leaf;
  entry: Bytes;
  outcome: PromiseWithResolvers<AppendOutcome>;
}

export class LeafSequencer implements TransparencyLog {
  readonly #ports: SequencerPorts;
  /** Committed in D1 and anchored. Null: not known, D1 is read before anything else. */
  #tree: Tree | null = null;
  #queue: Queued[] = [];
  /** Queued and being committed, by idempotency key. */
  readonly #inFlight = new Map<string, Queued>();
  #lastTurn: Promise<unknown> = Promise.resolve();
  #signed: { size: number; note: string } | null = null;

  constructor(ports: SequencerPorts) {
    this.#ports = ports;
  }

  async append(leaf: Leaf): Promise<AppendOutcome> {
    const entry = leafEntry(leaf.sealed.record, leaf.sealed.salt);
    const earlier = this.#inFlight.get(leaf.idem);
    if (earlier !== undefined) {
      if (equal(earlier.entry, entry)) return await earlier.outcome.promise;
      await earlier.outcome.promise.catch(() => undefined);
      return await this.append(leaf);
    }
    if (this.#inFlight.size >= MAX_QUEUED_LEAVES) throw new LogError("log_queue_full", `${MAX_QUEUED_LEAVES} leaves are waiting`);
    const queued: Queued = { leaf, entry, outcome: Promise.withResolvers() };
    this.#inFlight.set(leaf.idem, queued);
    this.#queue.push(queued);
    // Group commit without a timer: whatever is queued until the running commit has ended goes together.
    if (this.#queue.length === 1) this.#scheduleCommit();
    return await queued.outcome.promise;
  }

  async checkpoint(atLeast = 0): Promise<string> {
    const known = this.#tree;
    const { size, root } = known !== null && known.size >= atLeast ? known : await this.#inTurn(() => this.#open(atLeast));
    if (this.#signed?.size === size) return this.#signed.note;
    const { signer } = this.#ports;
    const note = await signNote(formatCheckpoint({ origin: signer.name, size, root }), [signer]);
    this.#signed = { size, note };
    return note;
  }

  /** Alone a log has no witnesses: witnessed-log.ts. */
  async witnessedCheckpoint(atLeast = 0): Promise<string> {
    return await this.checkpoint(atLeast);
  }

  async vkey(): Promise<string> {
    if (this.#tree === null) await this.#inTurn(() => this.#open());
    return this.#vkey();
  }

  #vkey(): string {
    return makeVkey(this.#ports.signer.name, this.#ports.signer.publicKey);
  }

  /** One after the other: between reading the tree and committing on it, nobody else opens or commits. */
  #inTurn<Done>(work: () => Promise<Done>): Promise<Done> {
    const turn = this.#lastTurn.then(work);
    this.#lastTurn = turn.catch(() => undefined);
    return turn;
  }

  #scheduleCommit(): void {
    void this.#inTurn(async () => {
      const batch = this.#queue.splice(0, MAX_BATCH_LEAVES);
      if (this.#queue.length > 0) this.#scheduleCommit();
      await this.#settle(batch);
    });
  }

  /** Gives every leaf of the batch its outcome; never throws. */
  async #settle(batch: Queued[]): Promise<void> {
    const waiting = new Set(batch);
    const done = (queued: Queued, tell: () => void): void => {
      waiting.delete(queued);
      this.#inFlight.delete(queued.leaf.idem);
      tell();
    };
    try {
      const first = await this.#commitTogether(batch);
      for (const queued of batch) {
        const outcome = first?.get(queued) ?? (await this.#settleSingly(queued));
        done(queued, () => (outcome instanceof Error ? queued.outcome.reject(outcome) : queued.outcome.resolve(outcome)));
      }
    } catch (error) {
      for (const queued of waiting) done(queued, () => queued.outcome.reject(error));
    }
  }

  /** Where each leaf stands now; null if the batch failed, or if it is not known whether it did. */
  async #commitTogether(batch: Queued[]): Promise<Map<Queued, AppendOutcome> | null> {
    const tree = await this.#open();
    try {
      const { status } = await this.#commit(
        tree,
        batch.map(({ leaf, entry }) => ({ leaf, entry })),
      );
      if (status !== "committed") return null;
      return new Map(batch.map((queued, i) => [queued, { status: "logged", index: tree.size + i }]));
    } catch {
      return null;
    }
  }

  /**
   * The outcome of one leaf whose batch has failed, or the error if it cannot be known. Looked up before each try: an earlier
   * try may have been durable. Throws only if D1 cannot be read either, and then nothing can be done for the others.
   */
  async #settleSingly({ leaf, entry }: Queued): Promise<AppendOutcome | Error> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const tree = await this.#open();
      const stored = await this.#ports.store.findLeaf(leaf.idem);
      if (stored !== null) return answer(stored, entry);
      const outcome = await this.#commit(tree, [{ leaf, entry }]).catch((error: unknown) => ({ status: "unknown" as const, error }));
      switch (outcome.status) {
        case "committed":
          return { status: "logged", index: tree.size };
        case "refused":
          return outcome;
        case "lost-race":
          continue;
        case "unknown": {
          const found = await this.#ports.store.findLeaf(leaf.idem);
          return found === null ? asError(outcome.error) : answer(found, entry);
        }
      }
    }
    return new LogError("log_contended", `lost ${MAX_TRIES} races for a place`);
  }

  /** Appends to the tree. After anything but success memory is dropped, and the next turn reads D1. */
  async #commit(tree: Tree, leaves: { leaf: Leaf; entry: Bytes }[]): Promise<CommitOutcome> {
    const { store, anchor, now } = this.#ports;
    const next = appendLeaves(
      tree,
      leaves.map(({ entry }) => leafHash(entry)),
    );
    const placed = leaves.map(({ leaf, entry }, i) => ({ ...leaf, entry, index: tree.size + i }));
    this.#tree = null;
    const outcome = await store.commit({
      previousSize: tree.size,
      leaves: placed,
      tiles: next.changed,
      head: next.tree,
      at: timestamp(now()),
    });
    if (outcome.status !== "committed") return outcome;
    // Anchored before it can be signed: D1 cannot go back behind a signature unnoticed.
    advanceAnchor(anchor, tree.size === 0 ? null : tree, next.tree);
    this.#tree = next.tree;
    return outcome;
  }

  /** The committed and anchored tree, read anew if it is smaller than that; begins the log if there is none. Only in turn. */
  async #open(atLeast = 0): Promise<Tree> {
    if (this.#tree !== null && this.#tree.size >= atLeast) return this.#tree;
    this.#tree = null;
    const { store, anchor, signer } = this.#ports;
    const { log, activeOrigin } = await store.read();
    this.#tree = await openLog(log ?? (await this.#begin(activeOrigin)), { origin: signer.name, vkey: this.#vkey() }, store, anchor);
    return this.#tree;
  }

  /** The log as it begins. Somebody else may begin it at the same moment, and that is as good: what counts is read back. */
  async #begin(activeOrigin: string | null): Promise<StoredLog> {
    const { store, anchor, signer } = this.#ports;
    if (activeOrigin !== null) {
      throw new LogError(
        "log_wrong_origin",
        `this database holds the log of ${activeOrigin}, not ${signer.name}; PUBLIC_ORIGIN has changed`,
      );
    }
    if (anchor.read() !== null) throw new LogError("log_rolled_back", "D1 has no log, but one was signed for");
    const genesis = { idem: "genesis", sealed: { record: this.#genesis(), salt: this.#ports.salt() }, effect: null };
    const entry = leafEntry(genesis.sealed.record, genesis.sealed.salt);
    await this.#commit(treeFromEdge(0, []), [{ leaf: genesis, entry }]);
    const { log } = await store.read();
    if (log === null) throw new LogError("log_contended", "the log could not be begun");
    return log;
  }

  #genesis(): LogRecord {
    const { signer, publicOrigin, now } = this.#ports;
    return {
      type: "countersign/record@v1",
      kind: "log.genesis",
      log: signer.name,
      at: timestamp(now()),
      origin: publicOrigin,
      vkey: this.#vkey(),
      previous: null,
    };
  }
}

/** What the log says to a leaf whose key it has: the same bytes are as good as appended now. */
function answer(stored: StoredLeaf, entry: Bytes): AppendOutcome | LogError {
  if (equal(stored.entry, entry)) return { status: "logged", index: stored.index };
  if (stored.sealed === null) return new LogError("log_record_erased", `leaf ${stored.index} is another one`);
  return { status: "conflict", index: stored.index, sealed: stored.sealed };
}

const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));
