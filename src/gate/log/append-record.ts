/** How a verb of the Worker puts something that happens now into the log: sealed, under its key, together with its effect. */
import { b64u, type Bytes } from "#countersign/encoding/bytes.ts";
import { leafKeyOf, type SelfKeyedKind } from "#countersign/documents/leaf-key.ts";
import { type MembersOf, type RecordOf, seal } from "#countersign/documents/record.ts";
import { timestamp } from "#countersign/documents/words.ts";
import type { AppendOutcome, TransparencyLog } from "./transparency-log.ts";

export interface AppendPorts<Effect> {
  log: Pick<TransparencyLog<Effect>, "append">;
  /** The log's origin line. */
  logOrigin: string;
  /** Milliseconds since the epoch. */
  now(): number;
  random(bytes: number): Bytes;
}

/** What has happened: the record's kind and members, and its effect, which is given the record's time. */
export interface Happened<Kind extends KeyedKind, Effect> {
  kind: Kind;
  members: MembersOf<Kind>;
  effect: (at: string) => Effect;
  /** Instead of the record's own key; never left out of a kind whose record does not say it. */
  key?: string;
}

/** Kinds whose records verbs of the Worker make. */
type KeyedKind = SelfKeyedKind | CountedKind;
/** Those whose key counts how often the same was signed for before. */
type CountedKind = "agent.changed" | "channel.changed" | "server.changed" | "tools.accepted";
const COUNTED: Readonly<Record<CountedKind, true>> = {
  "agent.changed": true,
  "channel.changed": true,
  "server.changed": true,
  "tools.accepted": true,
};
const isCounted = (record: RecordOf<KeyedKind>): record is RecordOf<CountedKind> => Object.hasOwn(COUNTED, record.kind);

/** Resolves once durable in D1, or refused. Throws if that cannot be known now. */
export async function appendRecord<Kind extends KeyedKind, Effect>(
  { kind, members, effect, key }: Happened<Kind, Effect>,
  ports: AppendPorts<Effect>,
): Promise<AppendOutcome> {
  const at = timestamp(ports.now());
  const sealed = seal(kind, members, { log: ports.logOrigin, at, salt: b64u(ports.random(32)) });
  const record: RecordOf<KeyedKind> = sealed.record;
  return await ports.log.append({ idem: key ?? ownKey(record), sealed, effect: effect(at) });
}

function ownKey(record: RecordOf<KeyedKind>): string {
  if (isCounted(record)) throw new Error(`a record of ${record.kind} does not say its key`);
  return leafKeyOf(record);
}

/** Why an effect was refused, by the condition of its batch that does not hold. What `refusals` does not name is a bug, and thrown. */
export function whyRefused<Refusal extends string>(constraint: string, refusals: Readonly<Record<string, Refusal>>): Refusal {
  const refusal = refusals[constraint];
  if (refusal === undefined) throw new Error(`the log refused what should have been possible: ${constraint}`);
  return refusal;
}
