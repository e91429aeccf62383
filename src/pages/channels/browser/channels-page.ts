/** Channels: adding, changing and rotating, signed with the admin's passkey; testing, removing, and sending messages again. */
import { canonicalize } from "#countersign/json/canonical-json.ts";
import { CHANNELS_BLOCK_ID, channelsBlockShape } from "#api/channel-shapes.ts";
import "#pages/kit/browser/signed-in-page.ts";
import { bindCopy } from "#pages/kit/browser/copy.ts";
import { readDataBlock } from "#pages/kit/browser/data-block.ts";
import { confirmDialog, formDialog } from "#pages/kit/browser/dialogs.ts";
import { byId, explainFields, onChosen, tell, whileBusy } from "#pages/kit/browser/page.ts";
import { tellOfPasskeys } from "#pages/kit/browser/passkey.ts";
import { remove } from "#pages/kit/browser/post.ts";
import { toDom } from "#pages/kit/browser/view-dom.ts";
import { plainText } from "#pages/kit/text-view.ts";
import { takingBack } from "#pages/signatures/browser/take-back.ts";
import { channelsScriptTexts as texts } from "#texts/browser/channels.ts";
import { settingsView } from "../settings-view.ts";
import { bindForm } from "./channels/form.ts";
import { bindSending } from "./channels/sending.ts";
import { type SignedFor, signForChannel } from "./channels/signing.ts";
import { credentialIn, fieldOf } from "./channels/wanted.ts";

const block = readDataBlock(CHANNELS_BLOCK_ID, channelsBlockShape);
if (!block.ok) throw new Error(block.refusal);
const { channels, waiting } = block.value;
const person = byId("channels").dataset["person"] ?? "";
const ask = confirmDialog();

const channelOf = (id: string) => channels.find((one) => one.id === id);

/** What is there now is on the page anew; what is shown this once stays until then. */
function show({ name, waits, secret, publicKey }: SignedFor): void {
  if (secret === null && publicKey === null) return location.reload();
  byId("made-title").textContent = waits ? texts.made.waits(plainText(name)) : texts.made.signed(plainText(name));
  byId("made-text").textContent = secret === null ? texts.made.publicKey : texts.made.secret;
  byId("made-key").textContent = secret ?? publicKey ?? "";
  byId("made").hidden = false;
  byId("made").focus();
}

/** As the second admin. What is compared is what the card shows, made anew from what is hashed. */
function bindSecondSignature(): void {
  for (const { operation, settings } of waiting) {
    document.querySelector(`[data-settings="${operation}"]`)?.replaceChildren(toDom(settingsView(settings)));
  }
  onChosen(
    byId("waiting"),
    "sign",
    (operation, button) =>
      void whileBusy(button, async () => {
        const draft = waiting.find((one) => one.operation === operation);
        if (draft === undefined) return;
        tell("", "told");
        const { change, id, name, settings } = draft;
        const isShown = (drafted: typeof settings) => canonicalize(drafted) === canonicalize(settings);
        const done = await signForChannel(
          { change, id, name, body: { draft: "again", operation, name }, isShown },
          person,
          ({ detail }) => detail,
        );
        if ("signed" in done) return location.reload();
        tell(done.told, "told");
        byId("told").scrollIntoView({ block: "nearest" });
      }),
  );
  onChosen(byId("waiting"), "take-back", (operation) =>
    ask(
      takingBack(operation, async (path) => {
        const answer = await remove(path);
        if (answer.ok) location.reload();
        return answer.ok ? "" : answer.refusal.detail;
      }),
    ),
  );
}

function bindRotation(): void {
  const open = formDialog("rotate", async (id) => {
    const channel = channelOf(id);
    if (channel === undefined) return "";
    const { name, settings } = channel;
    const { kind } = settings;
    const { public_key: _, ...same } = { public_key: null, ...settings };
    const done = await signForChannel(
      {
        change: "channel.changed",
        id,
        name,
        body: { draft: "rotate", channel: id, credential: credentialIn(kind, "rotated-") },
        isShown(drafted) {
          const { public_key: _key, ...rest } = { public_key: null, ...drafted };
          return canonicalize(rest) === canonicalize(same);
        },
      },
      person,
      (problem) => explainFields(problem, (member) => fieldOf(member, kind, "rotated-")),
    );
    if ("told" in done) return done.told === "" ? null : done.told;
    show(done.signed);
    return "";
  });
  onChosen(byId("channel-list"), "rotate", (id) => {
    const channel = channelOf(id);
    if (channel === undefined) return;
    byId("rotate-title").textContent = texts.rotation.title(plainText(channel.name));
    byId("rotate-text").textContent = texts.rotation.texts[channel.settings.kind];
    for (const kind of ["slack", "email"]) byId(`rotate-${kind}`).hidden = channel.settings.kind !== kind;
    open(id);
  });
}

function bindRemoval(): void {
  onChosen(byId("channel-list"), "remove", (id) =>
    ask({
      title: texts.removal.title(plainText(channelOf(id)?.name ?? "")),
      text: texts.removal.text,
      verb: texts.removal.verb,
      async act() {
        const answer = await remove(`/api/v1/channels/${id}`);
        if (!answer.ok) return answer.refusal.detail;
        location.reload();
        return "";
      },
    }),
  );
}

if (document.getElementById("channel") !== null) bindForm(channels, person, show);
bindSecondSignature();
bindRotation();
bindRemoval();
bindSending(ask);
bindCopy();
tellOfPasskeys();
