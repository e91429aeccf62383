/** What is said of a request before its end, as leaves of the log: questions, answers and more time, in the order in which they came. */
import type { RequestFact } from "#countersign/documents/leaf-key.ts";
import { recordOfKind, type RecordOf, type SealedRecord } from "#countersign/documents/record.ts";
import type { Fact, Words } from "../fact.ts";

/** What a person asked the agent before the end, and what it answered. Words are null where the log held another than this object knew. */
export interface KeptQuestion extends Fact<RecordOf<"question.asked">> {
  words: Words | null;
  answer: (Fact<RecordOf<"question.answered">> & { words: Words | null }) | null;
}

/** More time to decide. */
export type Extension = Fact<RecordOf<"request.extended">>;

/** Of a request, as its object stores it: each in their order, and not there before there is any. */
export interface SaidBefore {
  questions?: KeptQuestion[];
  extended?: Extension[];
}

type SaidKey = `question:${number}` | `answer:${number}` | `extended:${number}`;

export const isSaidKey = (key: RequestFact): key is SaidKey => /^(?:question|answer|extended):/.test(key);

interface Said {
  key: SaidKey;
  sealed: SealedRecord<(KeptQuestion | NonNullable<KeptQuestion["answer"]> | Extension)["sealed"]["record"]>;
  logged: number | null;
}

function allSaid({ questions = [], extended = [] }: SaidBefore): Said[] {
  const asked = questions.flatMap(({ sealed, logged, answer }): Said[] => {
    const { number } = sealed.record;
    const question: Said = { key: `question:${number}`, sealed, logged };
    return answer === null ? [question] : [question, { key: `answer:${number}`, sealed: answer.sealed, logged: answer.logged }];
  });
  return [...asked, ...extended.map(({ sealed, logged }, i): Said => ({ key: `extended:${i + 1}`, sealed, logged }))];
}

/** The first of them that is not in the log yet; null if all are. */
export function nextSaid(approval: SaidBefore): { key: SaidKey; sealed: SealedRecord } | null {
  const waiting = allSaid(approval).filter(({ logged }) => logged === null);
  return (
    waiting.toSorted((a, b) => Number(a.sealed.record.at > b.sealed.record.at) - Number(a.sealed.record.at < b.sealed.record.at))[0] ?? null
  );
}

/** How many of them the log has. */
export const countSaid = (approval: SaidBefore): number => allSaid(approval).filter(({ logged }) => logged !== null).length;

/** When the last of them was said; undefined if nothing was. */
export const lastSaidAt = (approval: SaidBefore): string | undefined =>
  allSaid(approval)
    .map(({ sealed }) => sealed.record.at)
    .toSorted()
    .at(-1);

/** The approval once the log has that record at `index`. Of one that is another than was handed to it the words are not known. */
export function withSaid<Of extends SaidBefore>(approval: Of, key: SaidKey, { record: found, salt }: SealedRecord, index: number): Of {
  const [kind, count] = key.split(":");
  if (kind === "extended") {
    const record = recordOfKind("request.extended")(found, "record");
    const extended = (approval.extended ?? []).map((one, i) =>
      i + 1 === Number(count) ? { sealed: { record, salt }, logged: index } : one,
    );
    return { ...approval, extended };
  }
  const logged = (question: KeptQuestion): KeptQuestion => {
    if (kind === "question") {
      const record = recordOfKind("question.asked")(found, "record");
      return { ...question, sealed: { record, salt }, logged: index, words: question.sealed.salt === salt ? question.words : null };
    }
    const record = recordOfKind("question.answered")(found, "record");
    const words = question.answer?.sealed.salt === salt ? question.answer.words : null;
    return { ...question, answer: { sealed: { record, salt }, logged: index, words } };
  };
  const questions = (approval.questions ?? []).map((one) => (one.sealed.record.number === Number(count) ? logged(one) : one));
  return { ...approval, questions };
}

/** What of it the log that has ended holds: what did not come into it in time was not said. */
export function saidInTime({ questions, extended }: SaidBefore): SaidBefore {
  const kept = (one: KeptQuestion): KeptQuestion[] =>
    one.logged === null ? [] : [{ ...one, answer: one.answer?.logged == null ? null : one.answer }];
  return {
    ...(questions !== undefined && { questions: questions.flatMap(kept) }),
    ...(extended !== undefined && { extended: extended.filter(({ logged }) => logged !== null) }),
  };
}
