/**
 * The log's only writer: gives each leaf its place, commits batches, signs what is committed and anchored.
 * Opening and what halts it is open-log.ts; D1 behind the port is storage/log/log-store.ts; the shell is the LogSequencer object.
 * Correctness rests on D1 refusing a second writer, not on there being one: a batch that fails is looked up, then retried singly.
 */
import { type Bytes, equal } from "#countersign/encoding/bytes.ts";
import { leafEntry } from "#countersign/documents/record.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { formatCheckpoint } from "#countersign/tlog/checkpoint.ts";
import { leafHash } from "#countersign/tlog/merkle.ts";
import { type Signer, signNote } from "#countersign/tlog/note.ts";
import { appendLeaves, type ChangedTile, type Tree, treeFromEdge } from "#countersign/tlog/tile.ts";
import { type FirstLeavesPorts, genesisLeaf, missingLeaves } from "./begin-log.ts";
import { finalSigners, type KeyChain, type RotationKeeper } from "./log-keys.ts";
import { advanceAnchor, type Anchor, type CommittedLog, type Head, type OpenedLog, openLog } from "./open-log.ts";
import { type AppendOutcome, type KeyLeaf, type Leaf, LogError, type StoredLeaf, type TransparencyLog } from "./transparency-log.ts";

/** With two statements a leaf a batch stays below the 50 queries that D1's free plan allows an invocation. */
const MAX_BATCH_LEAVES = 20;
/** Leaves waiting or being committed. */
const MAX_QUEUED_LEAVES = 1_000;
/** Lost races of one leaf before its caller is told to come back. */
const MAX_TRIES = 8;

/** A leaf at the place it shall have. */
interface PlacedLeaf<Effect> extends Leaf<Effect> {
  index: number;
  entry: Bytes;
}

/** One step of the log: all of it becomes durable and visible together, or nothing. */
export interface Append<Effect> {
  /** The log has exactly so many leaves now. With 0 the log itself begins. */
  previousSize: number;
  leaves: PlacedLeaf<Effect>[];
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

export interface LogStore<Effect> extends CommittedLog {
  /** Throws if it cannot be known whether the append is durable. */
  commit(append: Append<Effect>): Promise<CommitOutcome>;
  /** The leaf of that idempotency key, from the primary; null if there is none. */
  findLeaf(idem: string): Promise<StoredLeaf | null>;
}

/** The signers' name is the log's origin line. */
export interface SequencerPorts<Effect> extends FirstLeavesPorts<Effect> {
  store: LogStore<Effect>;
  anchor: Anchor;
  rotations: RotationKeeper;
}

/** A leaf and its entry, of 33 bytes. */
interface Entered<Effect> {
  leaf: Leaf<Effect>;
  entry: Bytes;
}

interface Queued<Effect> extends Entered<Effect> {
  outcome: PromiseWithResolvers<AppendOutcome>;
}

export class LeafSequencer<Effect> implements TransparencyLog<Effect> {
  readonly #ports: SequencerPorts<Effect>;
  /** Committed in D1 and anchored, with all that has to come first. Null: not known, D1 is read before anything else. */
  #opened: OpenedLog | null = null;
  #queue: Queued<Effect>[] = [];
  /** Queued and being committed, by idempotency key. */
  readonly #inFlight = new Map<string, Queued<Effect>>();
  #lastTurn: Promise<unknown> = Promise.resolve();
  #signed: { size: number; note: string } | null = null;

  constructor(ports: SequencerPorts<Effect>) {
    this.#ports = ports;
  }

  async append(leaf: Leaf<Effect>): Promise<AppendOutcome> {
    const { name } = this.#ports.signer;
    if (leaf.sealed.record.log !== name) throw new LogError("log_wrong_origin", `a leaf of ${leaf.sealed.record.log} for ${name}`);
    const entry = leafEntry(leaf.sealed.record, leaf.sealed.salt);
    const earlier = this.#inFlight.get(leaf.idem);
    if (earlier !== undefined) {
      if (equal(earlier.entry, entry)) return await earlier.outcome.promise;
      await earlier.outcome.promise.catch(() => undefined);
      return await this.append(leaf);
    }
    if (this.#inFlight.size >= MAX_QUEUED_LEAVES) throw new LogError("log_queue_full", `${MAX_QUEUED_LEAVES} leaves are waiting`);
    const queued: Queued<Effect> = { leaf, entry, outcome: Promise.withResolvers() };
    this.#inFlight.set(leaf.idem, queued);
    this.#queue.push(queued);
    // Group commit without a timer: whatever is queued until the running commit has ended goes together.
    if (this.#queue.length === 1) this.#scheduleCommit();
    return await queued.outcome.promise;
  }

  async checkpoint(atLeast = 0): Promise<string> {
    const known = this.#opened;
    const { tree, signing } = known !== null && known.tree.size >= atLeast ? known : await this.#inTurn(() => this.#open(atLeast));
    if (this.#signed?.size === tree.size) return this.#signed.note;
    const note = await this.#sign(tree, signing.signers);
    this.#signed = { size: tree.size, note };
    return note;
  }

  /** Alone a log has no witnesses: witnessed-log.ts. */
  async witnessedCheckpoint(atLeast = 0): Promise<string> {
    return await this.checkpoint(atLeast);
  }

  async vkey(): Promise<string> {
    const { chain } = this.#opened ?? (await this.#inTurn(() => this.#open()));
    return newestKey(chain);
  }

  /** With what this log signs now. Throws if it may not. */
  async signers(): Promise<readonly Signer[]> {
    return (this.#opened ?? (await this.#inTurn(() => this.#open()))).signing.signers;
  }

  /** Where the log names its keys, oldest first, each with the checkpoint under which it is shown. */
  async keys(): Promise<KeyLeaf[]> {
    const newest = await this.checkpoint();
    const { chain } = this.#opened ?? (await this.#inTurn(() => this.#open()));
    return chain.keys.map(({ index }, n) => ({ index, checkpoint: this.#ports.rotations.read(n)?.checkpoint ?? newest }));
  }

  /** The largest checkpoint signed for of a log that has ended, signed once more. Nothing of D1 is believed but that the log is frozen. */
  async finalCheckpoint(): Promise<string> {
    return await this.#inTurn(async () => {
      const { store, anchor, rotations, signer } = this.#ports;
      const { log } = await store.read();
      const head = anchor.read();
      if (log?.state !== "frozen" || head === null) throw new LogError("log_wrong_origin", `no log ${signer.name} has ended here`);
      const vkeys = log.genesis?.sealed?.record.kind === "log.genesis" ? [log.genesis.sealed.record.vkey] : [];
      for (let kept = rotations.read(1); kept !== null; kept = rotations.read(vkeys.length)) vkeys.push(kept.vkey);
      return await this.#sign(head, finalSigners(vkeys, this.#ports));
    });
  }

  #sign({ size, root }: Head, signers: readonly Signer[]): Promise<string> {
    return signNote(formatCheckpoint({ origin: this.#ports.signer.name, size, root }), signers);
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
  async #settle(batch: Queued<Effect>[]): Promise<void> {
    const waiting = new Set(batch);
    const done = (queued: Queued<Effect>, tell: () => void): void => {
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
  async #commitTogether(batch: Queued<Effect>[]): Promise<Map<Queued<Effect>, AppendOutcome> | null> {
    const opened = await this.#open();
    try {
      const { status } = await this.#commit(opened, batch);
      if (status !== "committed") return null;
      return new Map(batch.map((queued, i) => [queued, { status: "logged", index: opened.tree.size + i }]));
    } catch {
      return null;
    }
  }

  /**
   * The outcome of one leaf whose batch has failed, or the error if it cannot be known. Looked up before each try: an earlier
   * try may have been durable. Throws only if D1 cannot be read either, and then nothing can be done for the others.
   */
  async #settleSingly({ leaf, entry }: Entered<Effect>): Promise<AppendOutcome | Error> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const opened = await this.#open();
      const stored = await this.#ports.store.findLeaf(leaf.idem);
      if (stored !== null) return answer(stored, entry);
      const outcome = await this.#commit(opened, [{ leaf, entry }]).catch((error: unknown) => ({ status: "unknown" as const, error }));
      switch (outcome.status) {
        case "committed":
          return { status: "logged", index: opened.tree.size };
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
  async #commit(opened: OpenedLog, leaves: readonly Entered<Effect>[]): Promise<CommitOutcome> {
    this.#opened = null;
    const { outcome, tree } = await this.#commitTo(opened.tree, leaves);
    if (outcome.status === "committed") this.#opened = { ...opened, tree };
    return outcome;
  }

  async #commitTo(tree: Tree, leaves: readonly Entered<Effect>[]): Promise<{ outcome: CommitOutcome; tree: Tree }> {
    const { store, anchor, now } = this.#ports;
    const next = appendLeaves(
      tree,
      leaves.map(({ entry }) => leafHash(entry)),
    );
    const outcome = await store.commit({
      previousSize: tree.size,
      leaves: leaves.map(({ leaf, entry }, i) => ({ ...leaf, entry, index: tree.size + i })),
      tiles: next.changed,
      head: next.tree,
      at: timestamp(now()),
    });
    // Anchored before it can be signed: D1 cannot go back behind a signature unnoticed.
    if (outcome.status === "committed") advanceAnchor(anchor, tree.size === 0 ? null : tree, next.tree);
    return { outcome, tree: next.tree };
  }

  /**
   * The committed and anchored log, read anew if it is smaller than that. If there is none it begins, and what it lacks of what
   * comes first is appended. Somebody else may do so at the same moment, and that is as good: what counts is read back. Only in turn.
   */
  async #open(atLeast = 0): Promise<OpenedLog> {
    if (this.#opened !== null && this.#opened.tree.size >= atLeast) return this.#opened;
    this.#opened = null;
    const { store, anchor } = this.#ports;
    for (let lost = 0; lost < MAX_TRIES;) {
      const { log, newest } = await store.read();
      if (log === null && anchor.read() !== null) throw new LogError("log_rolled_back", "D1 has no log, but one was signed for");
      const opened = log === null ? null : await openLog(log, this.#ports, store, anchor);
      const missing =
        opened === null ? [await genesisLeaf(newest, this.#ports)] : await missingLeaves(opened, MAX_BATCH_LEAVES, this.#ports);
      if (opened !== null && missing.length === 0) return await this.#remember(opened);
      const placed = missing.map((leaf) => ({ leaf, entry: leafEntry(leaf.sealed.record, leaf.sealed.salt) }));
      const { outcome } = await this.#commitTo(opened?.tree ?? treeFromEdge(0, []), placed);
      if (outcome.status !== "committed") lost += 1;
    }
    throw new LogError("log_contended", `lost ${MAX_TRIES} races for the log's first leaves`);
  }

  /** While the old key still signs, what it signs of the new one is kept: later nobody can. Before anything is signed for others. */
  async #remember(opened: OpenedLog): Promise<OpenedLog> {
    const { chain, signing, tree } = opened;
    const n = chain.keys.length - 1;
    if (signing.signers.length > 1 && this.#ports.rotations.read(n) === null) {
      this.#ports.rotations.write(n, { vkey: newestKey(chain), checkpoint: await this.#sign(tree, signing.signers) });
    }
    this.#opened = opened;
    return opened;
  }
}

const newestKey = ({ keys }: KeyChain): string => keys.at(-1)?.vkey ?? "";

/** What the log says to a leaf whose key it has: the same bytes are as good as appended now. */
function answer(stored: StoredLeaf, entry: Bytes): AppendOutcome | LogError {
  if (equal(stored.entry, entry)) return { status: "logged", index: stored.index };
  if (stored.sealed === null) return new LogError("log_record_erased", `leaf ${stored.index} is another one`);
  return { status: "conflict", index: stored.index, sealed: stored.sealed };
}

const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));
