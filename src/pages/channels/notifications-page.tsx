/** `/account/notifications`: where a person hears of requests, in which order, when not, and who hears in their place. */
import type { FC } from "hono/jsx";
import type { OwnNotifications } from "#api/notifications/notification-data.ts";
import { NOTIFICATIONS_BLOCK_ID } from "#api/notifications/notification-shapes.ts";
import { DataBlock } from "#pages/kit/data-block.tsx";
import { ConfirmDialog, FormDialog } from "#pages/kit/dialogs.tsx";
import { Field } from "#pages/kit/field.tsx";
import { Layout, Message, NeedsScript, type PagePerson } from "#pages/kit/layout.tsx";
import { Text, toJsx } from "#pages/kit/view-jsx.ts";
import { notificationsScriptTexts } from "#texts/browser/channels/notifications.ts";
import { notificationsTexts as texts } from "#texts/channels/notifications.ts";
import { contactsView, delegationsView } from "./notifications-view.ts";

const { kinds } = notificationsScriptTexts;

const has = (own: OwnNotifications, kind: "webpush" | "slack" | "email"): boolean => own.channels.some((one) => one.kind === kind);

const ThisDevice: FC = () => (
  <section aria-labelledby="device-title">
    <h2 id="device-title">{texts.device.title}</h2>
    <p id="device-state" class="quiet">
      {texts.device.state}
    </p>
    <button type="button" id="turn-on" class="primary" hidden>
      {texts.device.turnOn}
    </button>
    <Message id="device-message" />
  </section>
);

const EmailForm: FC = () => (
  <form id="add-email" novalidate>
    <Field
      id="address"
      name="address"
      label={texts.email.label}
      hint={texts.email.hint}
      refusable
      type="email"
      inputmode="email"
      autocomplete="email"
      maxlength={254}
    />
    <Message id="add-email-message" />
    <button type="submit">{texts.email.submit}</button>
  </form>
);

const SlackForm: FC = () => (
  <form id="add-slack" novalidate>
    <Field
      id="member"
      name="member"
      label={texts.slack.label}
      hint={texts.slack.hint}
      refusable
      autocomplete="off"
      autocapitalize="characters"
      spellcheck={false}
      maxlength={24}
    />
    <Message id="add-slack-message" />
    <button type="submit">{texts.slack.submit}</button>
  </form>
);

const Settings: FC<{ own: OwnNotifications }> = ({ own: { settings } }) => (
  <form id="settings" novalidate>
    <fieldset class="field" aria-describedby="order-error">
      <legend>{texts.settings.order.label}</legend>
      <div class="order">
        {texts.settings.order.places.map((place, index) => (
          <div>
            <label for={`order-${index}`}>{place}</label>
            <select id={`order-${index}`} name={`order-${index}`}>
              {index === 0 ? null : <option value="">{texts.settings.order.none}</option>}
              {(["webpush", "slack", "email"] as const).map((kind) => (
                <option value={kind} selected={settings.order[index] === kind}>
                  {kinds[kind]}
                </option>
              ))}
            </select>
          </div>
        ))}
      </div>
      <p class="error" id="order-error" hidden></p>
    </fieldset>
    <Field
      id="next_after_minutes"
      name="next_after_minutes"
      {...texts.settings.next}
      refusable
      type="number"
      inputmode="numeric"
      min={0}
      max={1_440}
      value={String(settings.next_after_minutes)}
    />
    <fieldset class="field">
      <legend>{texts.settings.quiet.title}</legend>
      <div class="choice">
        <input type="checkbox" id="quiet" name="quiet" checked={settings.quiet !== null} aria-describedby="quiet-hint" />
        <label for="quiet">{texts.settings.quiet.label}</label>
        <span class="hint" id="quiet-hint">
          {texts.settings.quiet.hint}
        </span>
      </div>
      <div class="order">
        <div>
          <label for="quiet-from">{texts.settings.quiet.from}</label>
          <input id="quiet-from" type="time" value={settings.quiet?.from ?? "22:00"} aria-describedby="quiet-error" />
        </div>
        <div>
          <label for="quiet-to">{texts.settings.quiet.until}</label>
          <input id="quiet-to" type="time" value={settings.quiet?.to ?? "07:00"} aria-describedby="quiet-error" />
        </div>
      </div>
      <p class="error" id="quiet-error" hidden></p>
    </fieldset>
    <Field
      id="zone"
      name="zone"
      {...texts.settings.zone}
      refusable
      value={settings.zone}
      autocomplete="off"
      spellcheck={false}
      maxlength={64}
    />
    <Message id="settings-message" />
    <button type="submit">{texts.settings.submit}</button>
  </form>
);

const OutOfOffice: FC<{ own: OwnNotifications }> = ({ own: { delegates } }) => (
  <form id="away" novalidate>
    <Field id="from" name="from" {...texts.away.from} refusable type="datetime-local" />
    <Field id="until" name="until" {...texts.away.until} refusable type="datetime-local" />
    <div class="field">
      <label for="to">{texts.away.to.label}</label>
      <select id="to" name="to" aria-describedby="to-hint to-error">
        {delegates.map(({ id, username, display_name }) => (
          <option value={id}>
            <Text value={display_name === "" ? username : texts.away.to.person(display_name, username)} />
          </option>
        ))}
      </select>
      <p class="hint" id="to-hint">
        {texts.away.to.hint}
      </p>
      <p class="error" id="to-error" hidden></p>
    </div>
    <Message id="away-message" />
    <button type="submit">{texts.away.submit}</button>
  </form>
);

const CodeDialog: FC = () => (
  <FormDialog id="code" title={texts.code.title} verb={texts.code.verb}>
    <Field
      id="digits"
      name="code"
      label={texts.code.label}
      hint={texts.code.hint}
      refusable
      inputmode="numeric"
      autocomplete="one-time-code"
      maxlength={12}
    />
  </FormDialog>
);

export const NotificationsPage: FC<{ person: PagePerson; own: OwnNotifications }> = ({ person, own }) => (
  <Layout title={texts.title} sheets={["desk"]} script="notifications.js" person={person} here="/account">
    <main id="notifications">
      <p>
        <a href="/account">{texts.account}</a>
      </p>
      <h1>{texts.title}</h1>
      <p>{texts.intro}</p>
      {own.available ? null : <p class="message">{texts.notAvailable}</p>}
      {own.available && own.channels.length === 0 ? <p class="note">{texts.noChannel}</p> : null}
      {has(own, "webpush") ? <ThisDevice /> : null}
      <h2>{texts.addresses}</h2>
      <p id="done" class="done" role="status" tabindex={-1}></p>
      {toJsx(contactsView(own, null))}
      <Message />
      {has(own, "email") ? <EmailForm /> : null}
      {has(own, "slack") ? <SlackForm /> : null}
      <h2>{texts.settings.title}</h2>
      <Settings own={own} />
      <h2>{texts.away.title}</h2>
      <p class="quiet">{texts.away.intro}</p>
      {toJsx(delegationsView(own))}
      {own.delegates.length === 0 ? <p class="quiet">{texts.away.nobody}</p> : <OutOfOffice own={own} />}
      <NeedsScript />
      <CodeDialog />
      <ConfirmDialog />
    </main>
    <DataBlock id={NOTIFICATIONS_BLOCK_ID} data={own} />
  </Layout>
);
