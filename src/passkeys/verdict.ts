/** SimpleWebAuthn refuses by throwing bare errors, some of which quote what a stranger sent. */

const MAX_REASON_LENGTH = 200;

/** What `verify` gives, or why it threw: fit for a log line, so without anything quoted. */
export async function refusalOf<T>(verify: () => Promise<T>): Promise<{ given: T } | { refusal: string }> {
  try {
    return { given: await verify() };
  } catch (error) {
    return { refusal: unquoted(error instanceof Error ? error.message : String(error)) };
  }
}

const unquoted = (message: string): string => (message.split(/["'`]/, 1)[0] ?? "").trim().slice(0, MAX_REASON_LENGTH);
