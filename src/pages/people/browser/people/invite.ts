/** Making invites: for somebody new, and for another passkey of somebody known. The link is shown once. */
import { object, text } from "#countersign/json/shape.ts";
import { time } from "#countersign/documents/words.ts";
import { timeText } from "#pages/kit/time-text.ts";
import type { PersonItem } from "#api/people-data.ts";
import { byId, control, explainFields, onSubmit, tell, tellField } from "#pages/kit/browser/page.ts";
import { post, type Problem } from "#pages/kit/browser/post.ts";
import { peopleScriptTexts } from "#texts/browser/people.ts";
import { readStanding, type ChosenRoles } from "./role-fields.ts";

const texts = peopleScriptTexts.inviting;

const madeInviteShape = object({ id: text(1), url: text(1), expires_at: time });

type Wanted = { person: string } | (ChosenRoles & { username?: string; display_name?: string });

interface Titled {
  title: string;
  /** The one that the invite lays down; empty if it is theirs to choose. */
  username: string;
}

function showInvite({ title, username }: Titled, url: string, expiresAt: string): void {
  byId("invited-title").textContent = title;
  byId("invited-username").textContent = texts.username(username);
  byId("invited-username").hidden = username === "";
  const until = control("invited-until", HTMLTimeElement);
  until.dateTime = expiresAt;
  until.textContent = timeText(expiresAt);
  byId("invite-link").textContent = url;
  byId("copied").textContent = "";
  byId("invited").hidden = false;
  byId("invited").focus();
}

/** Makes an invite and shows its link, which is in its answer alone: one whose answer is lost is no use to anybody, made or not. Gives what to tell if there is none, empty otherwise. */
async function invite(titled: Titled, wanted: Wanted, explain: (problem: Problem) => string): Promise<string> {
  const made = await post("/api/v1/invites", { ...wanted }, madeInviteShape);
  if (!made.ok) return made.refusal.isKnown ? explain(made.refusal) : texts.lost;
  showInvite(titled, made.value.url, made.value.expires_at);
  return "";
}

/** Invites somebody known to make another passkey, such as after losing theirs. */
export const inviteAgain = ({ id, username }: PersonItem): Promise<string> =>
  invite({ title: texts.newPasskey(username), username }, { person: id }, ({ detail }) => detail);

const FIELD_OF: Readonly<Record<string, string>> = { roles: "invite-roles", groups: "invite-groups" };
const explainInvite = (problem: Problem): string => explainFields(problem, (field) => FIELD_OF[field.replace(/\..*/, "")] ?? field);

/** Makes the form work; `onMade` is called after each invite. */
export function bindInvite(onMade: () => Promise<string>): void {
  const form = control("invite", HTMLFormElement);
  const entered = (id: string): string => control(id, HTMLInputElement).value.trim();
  onSubmit(form, async () => {
    for (const field of ["username", "display_name", "invite-roles", "invite-groups"]) tellField(field, "");
    tell("");
    const [username, displayName] = [entered("username"), entered("display_name")];
    const standing = readStanding("invite");
    if (standing.roles.length === 0 && standing.groups.length === 0) {
      tellField("invite-roles", texts.chooseRole);
      return control("invite-approver", HTMLInputElement).focus();
    }
    const wanted = {
      ...standing,
      ...(username === "" ? {} : { username }),
      ...(displayName === "" ? {} : { display_name: displayName }),
    };
    const whom = username === "" ? (displayName === "" ? texts.somebodyNew : displayName) : username;
    const told = await invite({ title: texts.title(whom), username }, wanted, explainInvite);
    tell(told);
    if (told !== "") return;
    form.reset();
    tell(await onMade());
  });
}
