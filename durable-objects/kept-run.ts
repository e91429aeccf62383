/** What a request's object keeps of a gated call that it runs: how it stands, and its texts as bytes, each less than a value may be. */
import { fromUtf8, utf8 } from "#countersign/encoding/bytes.ts";
import type { RunStore, RunTexts } from "#gate/calls/object/run-ports.ts";
import { type KeptRun, NOT_RUN } from "#rules/calls/run/kept-run.ts";

const RUN = "run";
const TEXTS = { answer: "run-answer", record: "run-record" } as const;

export class KeptCallRun implements RunStore {
  readonly #storage: DurableObjectStorage;
  readonly #nextAlarm: () => number | null;

  /** `nextAlarm`: of the whole object, as it stands with what was just written. */
  constructor(storage: DurableObjectStorage, nextAlarm: () => number | null) {
    this.#storage = storage;
    this.#nextAlarm = nextAlarm;
  }

  read(): KeptRun {
    return this.#storage.kv.get<KeptRun>(RUN) ?? NOT_RUN;
  }

  texts(): RunTexts {
    const text = (key: string) => {
      const bytes = this.#storage.kv.get<Uint8Array>(key);
      return bytes === undefined ? null : fromUtf8(bytes);
    };
    return { answer: text(TEXTS.answer), record: text(TEXTS.record) };
  }

  write(run: KeptRun, texts?: RunTexts): void {
    this.#storage.transactionSync(() => {
      this.#storage.kv.put(RUN, run);
      for (const name of ["answer", "record"] as const) {
        const text = texts?.[name];
        if (text === null) this.#storage.kv.delete(TEXTS[name]);
        else if (text !== undefined) this.#storage.kv.put(TEXTS[name], utf8(text));
      }
      const alarm = this.#nextAlarm();
      void (alarm === null ? this.#storage.deleteAlarm() : this.#storage.setAlarm(alarm));
    });
  }

  durable(): Promise<void> {
    return this.#storage.sync();
  }
}
