/** How far a monitor has got with a log, and what it remembers of it: in a file, replaced whole, or until the process ends. */
import { fromUtf8, hex, sha256, utf8 } from "../../encoding/bytes.ts";
import { parseJson } from "../../json/canonical-json.ts";
import { accept, refuse, type Result } from "../../result.ts";
import { fit, list, nullable, object, type Of, oneOf, text } from "../../json/shape.ts";
import { count } from "../../documents/words.ts";
import type { LogMemory } from "../../sdk/log-memory.ts";
import { type Checkpoint, parseCheckpoint } from "../../tlog/checkpoint.ts";
import { parseNote, parseVkey } from "../../tlog/note.ts";
import { verifyCheckpoint } from "../../tlog/verify-checkpoint.ts";
import { complaintOf, readPlainFile } from "../files/plain-file.ts";
import { replaceFile } from "../files/replace-file.ts";

const TYPE = "countersign/monitor@v1";
/** Of the file: dozens of logs with the longest checkpoints. */
const MAX_STATE_BYTES = 16 * 1024 * 1024;
const stateShape = object({
  type: oneOf(TYPE),
  /** Where the log is read. */
  url: text(1),
  /** As sdk/log-memory.ts has it: of this log, and of those that it has followed there. */
  remembered: list(object({ log: text(1), urls: list(text(1)), vkeys: list(text(1), 1), checkpoint: text(1) })),
  /** The newest checkpoint whose tree was reached from entries, verbatim. */
  reached: nullable(text(1)),
  /** When that was first seen, in milliseconds since the epoch. */
  grown_at: count,
});
type Held = Of<typeof stateShape>;

const sizeOf = (signed: string): number => {
  const note = parseNote(signed);
  const checkpoint = note.ok ? parseCheckpoint(note.value.text) : note;
  return checkpoint.ok ? checkpoint.value.size : 0;
};

/** The checkpoint that was reached, if one of the log's keys that are remembered has signed it. */
async function verifiedReached({ remembered, reached }: Held): Promise<Result<Checkpoint | null, string>> {
  if (reached === null) return accept(null);
  const keys = remembered.flatMap(({ vkeys }) => vkeys.map(parseVkey)).flatMap((key) => (key.ok ? [key.value] : []));
  const checkpoint = await verifyCheckpoint(reached, { logKeys: keys, policy: null });
  return checkpoint.ok ? checkpoint : refuse(`no key of the log has signed the checkpoint in it (${checkpoint.refusal})`);
}

export class MonitorState {
  readonly #file: string | null;
  #held: Held;
  #reached: Checkpoint | null;
  /** The key to which the log's own leaves have been seen to lead. Not kept: whoever begins looks again. */
  shownKey: string | null = null;
  /** Where evidence against the log has been written to. */
  evidenceFile: string | null = null;

  private constructor(file: string | null, held: Held, reached: Checkpoint | null) {
    this.#file = file;
    this.#held = held;
    this.#reached = reached;
  }

  /**
   * The state of the log at `url` in that file, which may not be there yet. Refuses what is damaged, or of another log; throws what
   * readPlainFile has against it.
   */
  static async open(file: string | null, url: string): Promise<Result<MonitorState, string>> {
    const nothing: Held = { type: TYPE, url, remembered: [], reached: null, grown_at: 0 };
    const content = file === null ? null : await readPlainFile(file, MAX_STATE_BYTES);
    if (file === null || content === null) return accept(new MonitorState(file, nothing, null));
    const refusal = (why: string) => refuse(`${file}, which tells how far the log was checked, cannot be used: ${why}`);
    const json = parseJson(fromUtf8(content) ?? "");
    const held = json.ok ? fit(stateShape, json.value) : refuse(json.refusal.message);
    if (!held.ok) return refusal(`it is damaged, or of another version (${held.refusal})`);
    if (held.value.url !== url) return refusal(`it is of the log at ${held.value.url}`);
    const reached = await verifiedReached(held.value);
    return reached.ok ? accept(new MonitorState(file, held.value, reached.value)) : refusal(reached.refusal);
  }

  /** The head of the log of that origin line whose tree was reached from entries last; null of another log than the last one. */
  reachedOf(log: string): Checkpoint | null {
    return this.#reached?.origin === log ? this.#reached : null;
  }

  /** Milliseconds since the epoch. */
  get grownAt(): number {
    return this.#held.grown_at;
  }

  /** Leaves of the largest checkpoint of that log that was seen, whether or not its tree was reached. */
  largestSeenOf(log: string): number {
    const remembered = this.#held.remembered.find((one) => one.log === log);
    return remembered === undefined ? 0 : sizeOf(remembered.checkpoint);
  }

  /** Keeps a head whose tree was reached, and which was first seen at `at`. */
  async keep(checkpoint: Checkpoint, note: string, at: number): Promise<void> {
    this.#reached = checkpoint;
    await this.#replace({ ...this.#held, reached: note, grown_at: at });
  }

  async #replace(held: Held): Promise<void> {
    this.#held = held;
    if (this.#file !== null) await replaceFile(this.#file, `${JSON.stringify(held, null, 2)}\n`);
  }

  /** For what compares checkpoints with each other. */
  readonly memory: LogMemory = {
    where: "the monitor's state",
    read: () => Promise.resolve(accept(this.#held.remembered)),
    replace: async (before, after) => {
      const isStill = before === this.#held.remembered;
      if (isStill)
        await this.#replace({ ...this.#held, remembered: after.map((log) => ({ ...log, urls: [...log.urls], vkeys: [...log.vkeys] })) });
      return accept(isStill);
    },
    keepEvidence: async (evidence) => {
      const name = `evidence-${hex(sha256(utf8(evidence))).slice(0, 16)}.json`;
      const file = this.#file === null ? `countersign-${name}` : `${this.#file}.${name}`;
      try {
        await replaceFile(file, evidence);
      } catch (error) {
        // The alarm goes on without the file: it is what matters, and it then holds the evidence.
        return refuse(complaintOf(error));
      }
      this.evidenceFile = file;
      return accept(file);
    },
  };
}
