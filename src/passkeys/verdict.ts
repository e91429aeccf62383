/** SimpleWebAuthn refuses by throwing bare errors, some of which quote what a stranger sent. */

const MAX_REASON_LENGTH = 200;

/** What `verify` gives, or why it threw, short enough for a log line. */
export async function refusalOf<T>(verify: () => Promise<T>): Promise<{ given: T } | { refusal: string }> {
  try {
    return { given: await verify() };
  } catch (error) {
    return { refusal: (error instanceof Error ? error.message : String(error)).slice(0, MAX_REASON_LENGTH) };
  }
}
