/** What a channel is made of, by its kind. Used to add one, and filled with what there is to change one. */
import type { Child, FC } from "hono/jsx";
import type { ShownSettings } from "#api/channel-data.ts";
import { Field } from "#pages/kit/field.tsx";
import { Message } from "#pages/kit/layout.tsx";
import { channelsScriptTexts } from "#texts/browser/channels.ts";
import { channelsTexts } from "#texts/channels.ts";

const texts = channelsTexts.form;
const { kinds, providers } = channelsScriptTexts.settings;

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

/** The credential of a kind that is given one; also asked for where it is rotated. */
export const SlackCredential: FC<{ prefix: string }> = ({ prefix }) => (
  <>
    <Field id={`${prefix}-token`} {...texts.slack.token} {...plain} />
    <Field id={`${prefix}-secret`} {...texts.slack.secret} {...plain} />
  </>
);

export const KeyCredential: FC<{ prefix: string }> = ({ prefix }) => <Field id={`${prefix}-key`} {...texts.email.key} {...plain} />;

const Webhook: FC = () => (
  <Kind kind="webhook">
    <Field id="webhook-url" {...texts.webhook.address} type="url" {...plain} />
    <Field id="webhook-events" {...texts.webhook.events} value="*" {...plain} />
    <Choice
      id="webhook-signing"
      label={texts.webhook.signing.label}
      options={{ hmac: texts.webhook.signing.hmac, ed25519: texts.webhook.signing.ed25519 }}
    />
  </Kind>
);

const Slack: FC = () => (
  <Kind kind="slack">
    <SlackCredential prefix="slack" />
    <Field id="slack-places" {...texts.slack.places} rows={3} {...plain} />
  </Kind>
);

const Email: FC = () => (
  <Kind kind="email">
    <Field id="email-from" {...texts.email.from} type="email" {...plain} />
    <Choice id="email-via" label={texts.email.provider} options={providers} />
    <KeyCredential prefix="email" />
    <div id="for-relay" hidden>
      <Field id="relay-url" {...texts.email.relay} type="url" {...plain} />
      <Field id="relay-header" {...texts.email.header} {...plain} />
      <Field id="relay-template" {...texts.email.body} rows={5} {...plain} />
    </div>
    <Field id="email-places" {...texts.email.places} rows={3} {...plain} />
  </Kind>
);

export const ChannelForm: FC = () => (
  <form id="channel" novalidate>
    <h2 id="form-title">{texts.title}</h2>
    <Choice id="kind" label={texts.kind} options={kinds} />
    <Field id="name" {...texts.name} maxlength={80} refusable autocomplete="off" spellcheck={false} />
    <Webhook />
    <Slack />
    <Email />
    <Kind kind="webpush">
      <Field id="webpush-subject" {...texts.webpush.contact} {...plain} />
    </Kind>
    <Message />
    <div class="ways">
      <button type="submit" id="send-channel" class="primary">
        {texts.submit}
      </button>
      <button type="button" id="leave-channel" hidden>
        {texts.leave}
      </button>
    </div>
    <p class="hint">{texts.hint}</p>
  </form>
);
