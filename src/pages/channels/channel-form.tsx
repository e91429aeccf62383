/** What a channel is made of, by its kind. Used to add one, and filled with what there is to change one. */
import type { Child, FC } from "hono/jsx";
import type { ShownSettings } from "#api/channel-data.ts";
import { Field } from "#pages/kit/field.tsx";
import { Message } from "#pages/kit/layout.tsx";
import { CHANNEL_KIND_NAMES, PROVIDER_NAMES } from "./settings-view.ts";

const plain = { refusable: true, autocomplete: "off", autocapitalize: "none", spellcheck: false } as const;

const Choice: FC<{ id: string; label: string; options: Readonly<Record<string, string>> }> = ({ id, label, options }) => (
  <div class="field">
    <label for={id}>{label}</label>
    <select id={id}>
      {Object.entries(options).map(([value, name]) => (
        <option value={value}>{name}</option>
      ))}
    </select>
    <p class="error" id={`${id}-error`} hidden></p>
  </div>
);

const Kind: FC<{ kind: ShownSettings["kind"]; children: Child }> = ({ kind, children }) => (
  <div id={`for-${kind}`} hidden={kind !== "webhook"}>
    {children}
  </div>
);

const PLACES_HINT =
  "One a line, to hear of every request, or of those that a group decides: “release: …”. People add addresses of their own.";

/** The credential of a kind that is given one; also asked for where it is rotated. */
export const SlackCredential: FC<{ prefix: string }> = ({ prefix }) => (
  <>
    <Field id={`${prefix}-token`} label="Bot token" hint="Begins with xoxb-. It is sealed, and never shown again." {...plain} />
    <Field id={`${prefix}-secret`} label="Signing secret" hint="Of the Slack app, if buttons pressed there shall be answered." {...plain} />
  </>
);

export const KeyCredential: FC<{ prefix: string }> = ({ prefix }) => (
  <Field
    id={`${prefix}-key`}
    label="API key"
    hint="Of the provider, or what the relay’s header holds. It is sealed, and never shown again."
    {...plain}
  />
);

const Webhook: FC = () => (
  <Kind kind="webhook">
    <Field id="webhook-url" label="Address" hint="HTTPS, reachable from the internet." type="url" {...plain} />
    <Field
      id="webhook-events"
      label="Events"
      hint="Separated by commas; a star stands for anything: approval.*, call.failed"
      value="*"
      {...plain}
    />
    <Choice id="webhook-signing" label="Signing" options={{ hmac: "Shared secret (HMAC-SHA-256)", ed25519: "Key pair (Ed25519)" }} />
  </Kind>
);

const Slack: FC = () => (
  <Kind kind="slack">
    <SlackCredential prefix="slack" />
    <Field id="slack-places" label="Places" rows={3} hint={`IDs of conversations, such as C0123456789. ${PLACES_HINT}`} {...plain} />
  </Kind>
);

const Email: FC = () => (
  <Kind kind="email">
    <Field id="email-from" label="From" hint="The address that messages come from." type="email" {...plain} />
    <Choice id="email-via" label="Provider" options={PROVIDER_NAMES} />
    <KeyCredential prefix="email" />
    <div id="for-relay" hidden>
      <Field id="relay-url" label="Relay address" hint="Takes a POST of JSON." type="url" {...plain} />
      <Field id="relay-header" label="Header" hint="Holds the API key, such as Authorization." {...plain} />
      <Field id="relay-template" label="Body" rows={5} hint="JSON, with {{to}}, {{subject}} and {{text}} in texts." {...plain} />
    </div>
    <Field id="email-places" label="Places" rows={3} hint={`Mailboxes. ${PLACES_HINT}`} {...plain} />
  </Kind>
);

export const ChannelForm: FC = () => (
  <form id="channel" novalidate>
    <h2 id="form-title">Add a channel</h2>
    <Choice id="kind" label="Kind" options={CHANNEL_KIND_NAMES} />
    <Field
      id="name"
      label="Name"
      hint="What people know it by, such as “ops pager”."
      maxlength={80}
      refusable
      autocomplete="off"
      spellcheck={false}
    />
    <Webhook />
    <Slack />
    <Email />
    <Kind kind="webpush">
      <Field id="webpush-subject" label="Contact for push services" hint="Whom they write to: mailto:you@example.com" {...plain} />
    </Kind>
    <Message />
    <div class="ways">
      <button type="submit" id="send-channel" class="primary">
        Add channel
      </button>
      <button type="button" id="leave-channel" hidden>
        Keep as it is
      </button>
    </div>
    <p class="hint">You sign this with your passkey. Then send a test: the first that is accepted makes the channel active.</p>
  </form>
);
