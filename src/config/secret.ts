/** Secrets as operators give them: base64 of random bytes. */
import { type Bytes, fromB64 } from "#countersign/encoding/bytes.ts";
import { ConfigurationError } from "./configuration-error.ts";

export const HOW_TO_MAKE_A_SECRET = "make one with: openssl rand -base64 32";

/** The bytes of a secret that there has to be. Throws a ConfigurationError with how to make one; `check` says whether these serve. */
export function readSecret(name: string, value: string | undefined, check: (bytes: Bytes) => boolean): Bytes {
  const bytes = typeof value === "string" ? fromB64(value) : null;
  if (bytes === null || !check(bytes))
    throw new ConfigurationError(`${name} is missing or not base64 of 32 bytes; ${HOW_TO_MAKE_A_SECRET}`);
  return bytes;
}
