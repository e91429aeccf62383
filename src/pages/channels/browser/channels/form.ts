/** The form that adds a channel, and changes one. */
import type { ShownSettings } from "#api/channel-data.ts";
import { byId, control, explainFields, onChosen, onSubmit, tell, tellField } from "#pages/kit/browser/page.ts";
import { plainText } from "#pages/kit/text-view.ts";
import { channelsScriptTexts as texts } from "#texts/browser/channels.ts";
import { isAsWanted, type SignedFor, signForChannel } from "./signing.ts";
import { fieldOf, type Kind, kindChosen, placesText, wantedIn } from "./wanted.ts";

interface Shown {
  id: string;
  name: string;
  settings: ShownSettings;
}

const KINDS: readonly Kind[] = ["webhook", "slack", "email", "webpush"];

/** The fields of the chosen kind, and of the chosen provider. */
function showFields(): void {
  for (const kind of KINDS) byId(`for-${kind}`).hidden = kind !== kindChosen();
  byId("for-relay").hidden = control("email-via", HTMLSelectElement).value !== "relay";
}

const set = (id: string, value: string): void => {
  const field = byId(id);
  if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement || field instanceof HTMLSelectElement) field.value = value;
};

function fill({ name, settings }: Shown): void {
  set("name", name);
  set("kind", settings.kind);
  switch (settings.kind) {
    case "webhook":
      set("webhook-url", settings.url);
      set("webhook-events", settings.events.join(", "));
      set("webhook-signing", settings.signing);
      break;
    case "slack":
      set("slack-places", placesText(settings.places));
      break;
    case "email":
      set("email-from", settings.from);
      set("email-via", settings.via);
      set("relay-url", settings.relay?.url ?? "");
      set("relay-header", settings.relay?.header ?? "");
      set("relay-template", settings.relay?.template ?? "");
      set("email-places", placesText(settings.places));
      break;
    case "webpush":
      set("webpush-subject", settings.subject);
  }
  showFields();
}

function forget(form: HTMLFormElement): void {
  tell("");
  for (const error of form.querySelectorAll<HTMLElement>(".error")) tellField(error.id.replace(/-error$/, ""), "");
}

/** `done` is told what was signed for. */
export function bindForm(channels: readonly Shown[], admin: string, done: (signed: SignedFor) => void): void {
  const form = control("channel", HTMLFormElement);
  /** The one that is changed; null for a new one. */
  let changed: Shown | null = null;

  const begin = (channel: Shown | null): void => {
    changed = channel;
    form.reset();
    forget(form);
    if (channel === null) showFields();
    else fill(channel);
    byId("form-title").textContent = channel === null ? texts.form.add.title : texts.form.change.title(plainText(channel.name));
    byId("send-channel").textContent = channel === null ? texts.form.add.submit : texts.form.change.submit;
    byId("leave-channel").hidden = channel === null;
    control("kind", HTMLSelectElement).disabled = channel !== null;
  };

  form.addEventListener("change", showFields);
  byId("leave-channel").addEventListener("click", () => begin(null));
  onChosen(byId("channel-list"), "change", (id) => {
    const channel = channels.find((one) => one.id === id);
    if (channel === undefined) return;
    begin(channel);
    form.scrollIntoView({ block: "start" });
    byId("name").focus();
  });

  onSubmit(form, async () => {
    forget(form);
    const { name, settings, credential } = wantedIn();
    const body = changed === null ? { draft: "add" } : { draft: "change", channel: changed.id };
    const answer = await signForChannel(
      {
        change: changed === null ? "channel.added" : "channel.changed",
        id: changed?.id ?? null,
        name,
        body: { ...body, name, settings, credential },
        isShown: (drafted) => isAsWanted(drafted, settings),
      },
      admin,
      (problem) => explainFields(problem, (member) => fieldOf(member, settings.kind)),
    );
    if ("told" in answer) return tell(answer.told);
    begin(null);
    done(answer.signed);
  });
  // A browser that comes back to the page keeps what was chosen.
  showFields();
}
