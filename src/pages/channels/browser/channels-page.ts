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
  byId("made-title").textContent = waits ? `${plainText(name)} waits for a second signature` : `${plainText(name)} is signed for`;
  byId("made-text").textContent =
    secret === null
      ? "With this public key its receiver checks what it is sent. It stays on this page."
      : "This is the only time its secret is shown. With it its receiver checks what it is sent: set it there first.";
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

const ROTATION_TEXT = {
  webhook: "A new key is made. The old one signs beside it for a day, so that nothing is lost while its receiver is told.",
  webpush: "A new key is made. Devices subscribe with it when their page is opened next, and until then the old one serves.",
  slack: "Enter the new credential. Then send a test: nothing is sent until one is accepted.",
  email: "Enter the new credential. Then send a test: nothing is sent until one is accepted.",
} as const;

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
    byId("rotate-title").textContent = `New key of ${plainText(channel.name)}`;
    byId("rotate-text").textContent = ROTATION_TEXT[channel.settings.kind];
    for (const kind of ["slack", "email"]) byId(`rotate-${kind}`).hidden = channel.settings.kind !== kind;
    open(id);
  });
}

function bindRemoval(): void {
  onChosen(byId("channel-list"), "remove", (id) =>
    ask({
      title: `Remove ${plainText(channelOf(id)?.name ?? "")}`,
      text: "Nothing is sent over it any more. Its credential, what waits to be sent, and people’s addresses on it are deleted. This cannot be undone.",
      verb: "Remove channel",
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
