/** How often somebody has been refused within this minute. */

/** Failures of `subject` in `minute` (minutes since the epoch). */
export async function failuresOf(d1: D1Database, subject: string, minute: number): Promise<number> {
  const query = d1.withSession("first-primary").prepare("SELECT failures FROM failure WHERE subject = ?1 AND minute = ?2");
  return (await query.bind(subject, minute).first<number>("failures")) ?? 0;
}

/** Counts one more, and forgets everybody's of earlier than an hour ago. */
export async function countFailure(d1: D1Database, subject: string, minute: number): Promise<void> {
  const forget = d1.prepare("DELETE FROM failure WHERE minute < ?1").bind(minute - MINUTES_KEPT);
  const count = d1.prepare(
    "INSERT INTO failure (subject, minute, failures) VALUES (?1, ?2, 1) ON CONFLICT DO UPDATE SET failures = failures + 1",
  );
  await d1.batch([forget, count.bind(subject, minute)]);
}

const MINUTES_KEPT = 60;
