/** The first person enrols: the token leaves the address at once, then username, display name and a new passkey. */
import { object, text } from "../../core/shape.ts";
import { base64url, personId, USERNAME_PATTERN } from "../../core/words.ts";
import { localPath } from "../local-path.ts";
import { byId, control, onSubmit, tell, tellField } from "./parts/page.ts";
import { browserSupportsWebAuthn, creationOptions, NO_PASSKEYS, registerWith } from "./parts/passkey.ts";
import { post, type Problem } from "./parts/post.ts";

const INCOMPLETE = "This link is incomplete. Open the whole link that was printed when the service started, with everything after the #.";
const BAD_USERNAME = "Start with a small letter or a digit; then also dots, dashes and underscores, 32 characters in all.";

const optionsShape = object({ options: creationOptions, nonce: base64url(32), person: personId });
const finishShape = object({ next: text(1) });

const FIELDS = ["username", "display_name"] as const;
type Entered = Record<(typeof FIELDS)[number], string>;

const token = location.hash.slice(1);
history.replaceState(null, "", location.pathname);
// The printed link, opened where this page is open already, changes the fragment and nothing else.
addEventListener("hashchange", () => location.reload());

const enteredIn = (name: (typeof FIELDS)[number]): string => control(name, HTMLInputElement).value.trim();

/** Says beside each field what is wrong with it; true if nothing is. */
function check(entered: Entered): boolean {
  const faults: Entered = {
    username: USERNAME_PATTERN.test(entered.username) ? "" : BAD_USERNAME,
    display_name: entered.display_name === "" ? "Enter a name." : "",
  };
  for (const name of FIELDS) tellField(name, faults[name]);
  const first = FIELDS.find((name) => faults[name] !== "");
  if (first !== undefined) byId(first).focus();
  return first === undefined;
}

function explain(problem: Problem): string {
  const unplaced = problem.errors.filter(({ field, message }) => !tellField(field, message));
  if (problem.errors.length === 0) return problem.detail;
  return unplaced.map(({ field, message }) => `${field}: ${message}`).join(" ");
}

/** Gives where to go next, or what to tell. */
async function enrol(entered: Entered): Promise<{ next: string } | { told: string }> {
  const begun = await post("/setup/options", { token, ...entered }, optionsShape);
  if (!begun.ok) return { told: explain(begun.refusal) };
  const { options, nonce, person } = begun.value;
  const made = await registerWith(options);
  if (!made.ok) return { told: made.refusal };
  const finished = await post("/setup/finish", { token, ...entered, nonce, person, response: made.value }, finishShape);
  return finished.ok ? finished.value : { told: explain(finished.refusal) };
}

onSubmit(control("setup", HTMLFormElement), async () => {
  tell("");
  const entered = { username: enteredIn("username"), display_name: enteredIn("display_name") };
  if (!check(entered)) return;
  if (token === "") return tell(INCOMPLETE);
  const outcome = await enrol(entered);
  if ("next" in outcome) location.assign(localPath(outcome.next));
  else tell(outcome.told);
});
if (!browserSupportsWebAuthn()) tell(NO_PASSKEYS);
else if (token === "") tell(INCOMPLETE);
