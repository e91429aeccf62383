/** The keys that a log names: the one it began with, and each that followed another. */
import { rotationKey } from "../../documents/leaf-key.ts";
import type { LogRecord } from "../../documents/record.ts";
import { parseVkey, type VerifierKey } from "../../tlog/note.ts";

export class RecordedKeys {
  readonly #vkeys: string[] = [];
  readonly #keys: VerifierKey[] = [];

  /** Every key there was, oldest first. */
  get all(): readonly VerifierKey[] {
    return this.#keys;
  }

  /** Takes over what the record of a leaf under the key `idem` says of the log's keys; what is wrong with that, or null. */
  add(record: LogRecord, idem: string, origin: string): string | null {
    if (record.kind === "log.genesis") return this.#follow(record.vkey, origin);
    if (record.kind !== "key.rotated") return null;
    const right = rotationKey(this.#vkeys.length);
    if (idem !== right) return `its key is ${idem}, and this rotation has the key ${right}`;
    if (record.old_vkey !== this.#vkeys.at(-1)) return "the log's key before it is another one than it says";
    return this.#follow(record.new_vkey, origin);
  }

  #follow(vkey: string, origin: string): string | null {
    const key = parseVkey(vkey);
    if (!key.ok || key.value.name !== origin) return "the key that it names is no key of this log";
    this.#vkeys.push(vkey);
    this.#keys.push(key.value);
    return null;
  }
}
