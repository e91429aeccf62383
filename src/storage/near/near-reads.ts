/**
 * Where what decides nothing is read: at the replica of D1 that is nearest, which may be behind the primary. Nobody sees less there than
 * they have seen before: a bookmark says what that is, and the replica answers once it is as new. Whatever decides is read at the primary
 * (storage/primary.ts).
 */

/** Carries out a read. An answer that `isWhole` denies is not believed of a replica; at the primary it is what there is. */
export type Reads = <Answer>(
  work: (session: D1DatabaseSession) => Promise<Answer>,
  isWhole?: (answer: Answer) => boolean,
) => Promise<Answer>;

/** What somebody has seen: all up to a bookmark, or what they have changed just now, which has no bookmark yet; null for nothing. */
export type Seen = { upTo: string } | "own-change" | null;

export interface NearReads {
  /** Near; once more at the primary, if that fails or gives less than must be there. All of them follow one another in time. */
  read: Reads;
  /** At the primary, from which what is read after it goes on. */
  readNewest: Reads;
  /** Up to where has been read; null if nothing was. */
  bookmark(): string | null;
}

/** Every read at the primary. */
export const atPrimary =
  (d1: D1Database): Reads =>
  (work) =>
    work(d1.withSession("first-primary"));

const constraintOf = (seen: Seen): string => {
  if (seen === null) return "first-unconstrained";
  return seen === "own-change" ? "first-primary" : seen.upTo;
};

/** The reads of one answer, for somebody who has `seen` that much. */
export function nearReads(d1: D1Database, seen: Seen): NearReads {
  let session: D1DatabaseSession | null = null;
  const near = () => (session ??= d1.withSession(constraintOf(seen)));
  /** From then on everything is read there: the session goes on from what the primary has answered. */
  const primary = () => (session = d1.withSession("first-primary"));
  return {
    async read(work, isWhole = () => true) {
      try {
        const answer = await work(near());
        if (isWhole(answer)) return answer;
      } catch {
        // A replica, or a bookmark, that cannot be used: the primary says what is wrong, if it is that.
      }
      return work(primary());
    },
    readNewest: (work) => work(primary()),
    bookmark: () => session?.getBookmark() ?? null,
  };
}
