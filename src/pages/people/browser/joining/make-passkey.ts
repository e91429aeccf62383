/** Making a passkey for a person: the options of the service, the prompt, and what the service stored of it. */
import type { PublicKeyCredentialCreationOptionsJSON, RegistrationResponseJSON } from "@simplewebauthn/browser";
import type { Shape } from "#countersign/json/shape.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { explainFields } from "#pages/kit/browser/page.ts";
import { registerWith, signalUnknown } from "#pages/kit/browser/passkey.ts";
import { post, type Problem } from "#pages/kit/browser/post.ts";
import { foundAfter } from "#pages/kit/browser/unknown-answer.ts";

/** Options to make a passkey with, and what the service wants back with it. */
interface Drafted {
  options: PublicKeyCredentialCreationOptionsJSON;
  nonce: string;
}

/** What to make a passkey for, and where: options are at `<path>/options`, what was made goes to `<path>/finish`. */
interface Wanted<Stored> {
  path: string;
  drafted: Shape<Drafted>;
  /** What both are sent. */
  members: Readonly<Record<string, string>>;
  /** What only the end is sent. */
  last?: Readonly<Record<string, string>>;
  stored: Shape<Stored>;
  /** Reads again what the service stored of it, where its answer was lost; null if it stored nothing. */
  reread: (made: RegistrationResponseJSON) => Promise<Result<Stored | null, Problem>>;
}

/** Makes a passkey; gives it, and what the service stored of it. Refuses with what to tell. */
export async function makePasskey<Stored>({
  path,
  drafted,
  members,
  last = {},
  stored,
  reread,
}: Wanted<Stored>): Promise<Result<{ made: RegistrationResponseJSON; stored: Stored }, string>> {
  const begun = await post(`${path}/options`, members, drafted);
  if (!begun.ok) return refuse(explainFields(begun.refusal));
  const { options, ...back } = begun.value;
  const made = await registerWith(options);
  if (!made.ok) return made;
  const finished = await post(`${path}/finish`, { ...members, ...back, response: made.value, ...last }, stored);
  if (finished.ok) return accept({ made: made.value, stored: finished.value });
  if (!finished.refusal.isKnown) {
    const again = await foundAfter(finished.refusal, () => reread(made.value));
    return again.ok ? accept({ made: made.value, stored: again.value }) : again;
  }
  signalUnknown(made.value.id, options.rp.id ?? location.hostname);
  return refuse(explainFields(finished.refusal));
}
