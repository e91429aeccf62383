/** An agent's past in memory, as it is stored: in the order of time, bounded, and with what is usual about it. */
import type { PastCall } from "#countersign/policy/judging/past/call.ts";
import { NO_PROFILE, type PastProfile, profileWith } from "#countersign/policy/judging/past/profile.ts";
import type { KeptEntry, PastState, PastStore, PastWrites } from "./kept-past.ts";

/** Of these the newest stay, however old they are; beyond that only what the policy in force may ask for. */
const NEWEST = 500;
/** Never more; nor more characters of what is kept of arguments. What goes then was asked for, and is not known any more. */
export const MOST = 50_000;
export const MOST_CHARACTERS = 16_777_216;
/** So many go at once. */
const AT_ONCE = 100;

export class RememberedPast {
  readonly #store: PastStore;
  /** In the order of time. */
  #entries: KeptEntry[];
  readonly #byKey: Map<string, KeptEntry>;
  #characters: number;
  /** Of all that cannot be left out any more. */
  #profile: PastProfile | null = null;
  /** What is written at this moment. */
  #to: PastWrites | null = null;

  constructor(store: PastStore) {
    this.#store = store;
    this.#entries = store.entries().toSorted((one, other) => one.atMs - other.atMs);
    this.#byKey = new Map(this.#entries.map((entry) => [entry.key, entry]));
    this.#characters = this.#entries.reduce((sum, entry) => sum + charactersOf(entry), 0);
  }

  get entries(): readonly KeptEntry[] {
    return this.#entries;
  }

  get newestMs(): number {
    return this.#entries.at(-1)?.atMs ?? 0;
  }

  get sinceMs(): number | null {
    return this.#state.sinceMs;
  }

  /** What is usual; nothing where no policy asks for it. */
  get profile(): PastProfile {
    if (this.#state.watch === null) return NO_PROFILE;
    this.#profile ??= this.#entries.filter(({ isLearnt }) => isLearnt).reduce(profileWith, this.#store.profile() ?? NO_PROFILE);
    return this.#profile;
  }

  of(key: string): KeptEntry | undefined {
    return this.#byKey.get(key);
  }

  /** Those after that moment. */
  since(afterMs: number): PastCall[] {
    let first = this.#entries.length;
    while (first > 0 && (this.#entries[first - 1]?.atMs ?? 0) > afterMs) first -= 1;
    return this.#entries.slice(first);
  }

  /** Everything that `work` does is stored, or nothing of it; then what is here is wrong. */
  write(work: () => void, nowMs: number): void {
    this.#store.write((to) => {
      this.#to = to;
      try {
        work();
        this.#forget(nowMs);
      } finally {
        this.#to = null;
      }
    });
  }

  note(changed: Partial<PastState>): void {
    if ("watch" in changed && JSON.stringify(changed.watch) !== JSON.stringify(this.#state.watch)) this.#profile = null;
    this.#writes.state({ ...this.#state, ...changed });
  }

  /** Those whose key is not there. */
  add(entries: readonly KeptEntry[]): void {
    const added = entries.filter(({ key }) => !this.#byKey.has(key));
    if (added.length === 0) return;
    this.#writes.add(added);
    for (const entry of added) this.#byKey.set(entry.key, entry);
    const isLater = added.length === 1 && (added[0]?.atMs ?? 0) >= this.newestMs;
    if (isLater) this.#entries.push(...added);
    else this.#entries = [...this.#entries, ...added].toSorted((one, other) => one.atMs - other.atMs);
    this.#characters += added.reduce((sum, entry) => sum + charactersOf(entry), 0);
    if (!isLater) this.#profile = null;
    else if (added[0]?.isLearnt === true) this.#learnt(added[0]);
  }

  /** Nothing is stored where no policy asks what is usual. */
  learn(entry: KeptEntry): void {
    entry.isLearnt = true;
    if (this.#state.watch === null) return;
    this.#writes.learn(entry.key);
    this.#learnt(entry);
  }

  drop(entries: readonly KeptEntry[]): void {
    this.#writes.drop(entries.map(({ key }) => key));
    const gone = new Set(entries);
    this.#entries = this.#entries.filter((entry) => !gone.has(entry));
    for (const entry of entries) {
      this.#byKey.delete(entry.key);
      this.#characters -= charactersOf(entry);
    }
  }

  /** What nobody may ask for any more goes, a hundred at a time, and what is too much. */
  #forget(nowMs: number): void {
    const state = this.#state;
    const older = this.#entries.length - NEWEST;
    const over = this.#entries.findIndex(({ atMs }) => atMs >= nowMs - state.longestWithin);
    let gone = Math.min(older, over === -1 ? older : over);
    if (gone < AT_ONCE) gone = 0;
    while (this.#entries.length - gone > MOST || this.#charactersFrom(gone) > MOST_CHARACTERS) gone += AT_ONCE;
    if (gone === 0) return;
    const dropped = this.#entries.slice(0, gone);
    if (state.watch !== null)
      this.#writes.profile(dropped.filter(({ isLearnt }) => isLearnt).reduce(profileWith, this.#store.profile() ?? NO_PROFILE));
    this.#writes.state({ ...state, sinceMs: Math.max(state.sinceMs ?? 0, (dropped.at(-1)?.atMs ?? 0) + 1) });
    this.drop(dropped);
  }

  #charactersFrom(first: number): number {
    return this.#entries.slice(0, first).reduce((left, entry) => left - charactersOf(entry), this.#characters);
  }

  #learnt(entry: KeptEntry): void {
    if (this.#profile !== null) this.#profile = profileWith(this.#profile, entry);
  }

  get #state(): PastState {
    const state = this.#store.state();
    if (state === null) throw new Error("nothing is kept of this agent's past");
    return state;
  }

  get #writes(): PastWrites {
    if (this.#to === null) throw new Error("the past is written outside of a transaction");
    return this.#to;
  }
}

export const charactersOf = ({ scalars, watched }: KeptEntry): number =>
  (scalars === null ? 0 : JSON.stringify(scalars).length) + watchedLength(watched);

const watchedLength = (watched: KeptEntry["watched"]): number =>
  watched === null ? 0 : Object.values(watched).reduce((sum, values) => sum + values.length * 20, 0);
