/**
 * How somebody new joins: the secret leaves the address at once; then username, display name and a passkey. The form is that of
 * introduction-form.tsx.
 */
import { base64url, personId, USERNAME_PATTERN } from "#countersign/documents/words.ts";
import { object } from "#countersign/json/shape.ts";
import { byId, control, onSubmit, tell, tellField } from "#pages/kit/browser/page.ts";
import { creationOptions, tellOfPasskeys } from "#pages/kit/browser/passkey.ts";
import { joiningScriptTexts as texts } from "#texts/browser/joining.ts";
import { localPath } from "#pages/kit/local-path.ts";

/** What the service drafts for somebody new, who gets an id with it. */
export const newcomerDraft = object({ options: creationOptions, nonce: base64url(32), person: personId });

const FIELDS = ["username", "display_name"] as const;
export type Introduction = Record<(typeof FIELDS)[number], string>;

const enteredIn = (name: (typeof FIELDS)[number]): string => control(name, HTMLInputElement).value.trim();

/** What was typed; null, said beside the field, if something is wrong with it. */
function readIntroduction(): Introduction | null {
  const entered = { username: enteredIn("username"), display_name: enteredIn("display_name") };
  const faults: Introduction = {
    username: USERNAME_PATTERN.test(entered.username) ? "" : texts.badUsername,
    display_name: entered.display_name === "" ? texts.enterName : "",
  };
  for (const name of FIELDS) tellField(name, faults[name]);
  const first = FIELDS.find((name) => faults[name] !== "");
  if (first === undefined) return entered;
  byId(first).focus();
  return null;
}

/** What `history.state` holds of a page whose address had a secret behind the #: a reload finds it there. */
interface Kept {
  fragment: string;
}
const keptFragment = (): string => (history.state as Kept | null)?.fragment ?? "";

/** What stood behind the # in the address, which it leaves at once: out of sight, and out of what is copied or shared. */
function takeFragment(): string {
  const fragment = location.hash.slice(1) || keptFragment();
  history.replaceState({ fragment } satisfies Kept, "", location.pathname);
  // The link, opened where this page is open already, changes the fragment and nothing else.
  addEventListener("hashchange", () => location.reload());
  return fragment;
}

/**
 * Makes the form with this id work. `incomplete`: what to tell if the address has no secret. `join` is called with the secret and
 * what was entered, and gives where to go next, or what to tell. Gives what stood behind the #, for what else is in it.
 */
export function bindIntroduction(
  id: string,
  incomplete: string,
  join: (secret: string, entered: Introduction) => Promise<{ next: string } | { told: string }>,
): string {
  const fragment = takeFragment();
  const secret = fragment.split("&")[0] ?? "";
  onSubmit(control(id, HTMLFormElement), async () => {
    tell("");
    const entered = readIntroduction();
    if (entered === null) return;
    if (secret === "") return tell(incomplete);
    const outcome = await join(secret, entered);
    if ("next" in outcome) location.assign(localPath(outcome.next));
    else tell(outcome.told);
  });
  const link = `${location.origin}${location.pathname}#${fragment}`;
  if (tellOfPasskeys(link) && secret === "") tell(incomplete);
  return fragment;
}
