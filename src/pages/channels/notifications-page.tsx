/** `/account/notifications`: where a person hears of requests, in which order, when not, and who hears in their place. */
import type { FC } from "hono/jsx";
import type { OwnNotifications } from "#api/notifications/notification-data.ts";
import { NOTIFICATIONS_BLOCK_ID } from "#api/notifications/notification-shapes.ts";
import { DataBlock } from "#pages/kit/data-block.tsx";
import { ConfirmDialog, FormDialog } from "#pages/kit/dialogs.tsx";
import { Field } from "#pages/kit/field.tsx";
import { Layout, Message, NeedsScript, type PagePerson } from "#pages/kit/layout.tsx";
import { Text, toJsx } from "#pages/kit/view-jsx.ts";
import { contactsView, delegationsView, KIND_NAMES } from "./notifications-view.ts";

const has = (own: OwnNotifications, kind: "webpush" | "slack" | "email"): boolean => own.channels.some((one) => one.kind === kind);

const ThisDevice: FC = () => (
  <section aria-labelledby="device-title">
    <h2 id="device-title">This device</h2>
    <p id="device-state" class="quiet">
      Requests that you may decide are shown here, on the locked screen too, by what the agent calls them.
    </p>
    <button type="button" id="turn-on" class="primary" hidden>
      Turn on notifications on this device
    </button>
    <Message id="device-message" />
  </section>
);

const EmailForm: FC = () => (
  <form id="add-email" novalidate>
    <Field
      id="address"
      name="address"
      label="E-mail address"
      hint="A code is sent there, which you enter here."
      refusable
      type="email"
      inputmode="email"
      autocomplete="email"
      maxlength={254}
    />
    <Message id="add-email-message" />
    <button type="submit">Add e-mail address</button>
  </form>
);

const SlackForm: FC = () => (
  <form id="add-slack" novalidate>
    <Field
      id="member"
      name="member"
      label="Slack member ID"
      hint="In Slack: your profile, “More”, “Copy member ID”. A code is sent to you there, which you enter here."
      refusable
      autocomplete="off"
      autocapitalize="characters"
      spellcheck={false}
      maxlength={24}
    />
    <Message id="add-slack-message" />
    <button type="submit">Add Slack</button>
  </form>
);

const PLACES = ["First", "Then", "Last"] as const;

const Settings: FC<{ own: OwnNotifications }> = ({ own: { settings } }) => (
  <form id="settings" novalidate>
    <fieldset class="field" aria-describedby="order-error">
      <legend>You are told by</legend>
      <div class="order">
        {PLACES.map((place, index) => (
          <div>
            <label for={`order-${index}`}>{place}</label>
            <select id={`order-${index}`} name={`order-${index}`}>
              {index === 0 ? null : <option value="">nothing more</option>}
              {(["webpush", "slack", "email"] as const).map((kind) => (
                <option value={kind} selected={settings.order[index] === kind}>
                  {KIND_NAMES[kind]}
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
      label="Then the next after … minutes"
      hint="If it is still open. With 0, all at once."
      refusable
      type="number"
      inputmode="numeric"
      min={0}
      max={1_440}
      value={String(settings.next_after_minutes)}
    />
    <fieldset class="field">
      <legend>Quiet hours</legend>
      <div class="choice">
        <input type="checkbox" id="quiet" name="quiet" checked={settings.quiet !== null} aria-describedby="quiet-hint" />
        <label for="quiet">Keep quiet at night</label>
        <span class="hint" id="quiet-hint">
          Whatever is not critical waits until they are over, unless less than 15 minutes would be left for it then.
        </span>
      </div>
      <div class="order">
        <div>
          <label for="quiet-from">From</label>
          <input id="quiet-from" type="time" value={settings.quiet?.from ?? "22:00"} aria-describedby="quiet-error" />
        </div>
        <div>
          <label for="quiet-to">Until</label>
          <input id="quiet-to" type="time" value={settings.quiet?.to ?? "07:00"} aria-describedby="quiet-error" />
        </div>
      </div>
      <p class="error" id="quiet-error" hidden></p>
    </fieldset>
    <Field
      id="zone"
      name="zone"
      label="Time zone"
      hint="Such as Europe/Berlin. Quiet hours are by the clock there."
      refusable
      value={settings.zone}
      autocomplete="off"
      spellcheck={false}
      maxlength={64}
    />
    <Message id="settings-message" />
    <button type="submit">Save</button>
  </form>
);

const OutOfOffice: FC<{ own: OwnNotifications }> = ({ own: { delegates } }) => (
  <form id="away" novalidate>
    <Field id="from" name="from" label="From" hint="By the clock of this device." refusable type="datetime-local" />
    <Field id="until" name="until" label="Until" hint="At most 90 days later." refusable type="datetime-local" />
    <div class="field">
      <label for="to">Who is told</label>
      <select id="to" name="to" aria-describedby="to-hint to-error">
        {delegates.map(({ id, username, display_name }) => (
          <option value={id}>
            <Text value={display_name === "" ? username : `${display_name} (${username})`} />
          </option>
        ))}
      </select>
      <p class="hint" id="to-hint">
        They decide only what they may decide themselves: nobody decides in your place, and you still can.
      </p>
      <p class="error" id="to-error" hidden></p>
    </div>
    <Message id="away-message" />
    <button type="submit">Sign with passkey</button>
  </form>
);

const CodeDialog: FC = () => (
  <FormDialog id="code" title="Enter the code" verb="Confirm">
    <Field
      id="digits"
      name="code"
      label="Code"
      hint="The eight digits that were sent there. They serve for 15 minutes."
      refusable
      inputmode="numeric"
      autocomplete="one-time-code"
      maxlength={12}
    />
  </FormDialog>
);

export const NotificationsPage: FC<{ person: PagePerson; own: OwnNotifications }> = ({ person, own }) => (
  <Layout title="Notifications" sheets={["desk"]} script="notifications.js" person={person} here="/account">
    <main id="notifications">
      <p>
        <a href="/account">Account</a>
      </p>
      <h1>Notifications</h1>
      <p>How you hear of requests. A notification only opens the page: nothing is decided by it.</p>
      {own.available ? null : <p class="message">This service keeps no addresses yet: its operator has to set VAULT_SECRET first.</p>}
      {own.available && own.channels.length === 0 ? (
        <p class="note">No channel reaches people here yet. An admin adds one under “Channels”.</p>
      ) : null}
      {has(own, "webpush") ? <ThisDevice /> : null}
      <h2>Devices and addresses</h2>
      <p id="done" class="done" role="status" tabindex={-1}></p>
      {toJsx(contactsView(own, null))}
      <Message />
      {has(own, "email") ? <EmailForm /> : null}
      {has(own, "slack") ? <SlackForm /> : null}
      <h2>In which order, and when not</h2>
      <Settings own={own} />
      <h2>Out of office</h2>
      <p class="quiet">For that time somebody else is told in your place. It is in the log, signed by you.</p>
      {toJsx(delegationsView(own))}
      {own.delegates.length === 0 ? <p class="quiet">There is no other approver here whom you could name.</p> : <OutOfOffice own={own} />}
      <NeedsScript />
      <CodeDialog />
      <ConfirmDialog />
    </main>
    <DataBlock id={NOTIFICATIONS_BLOCK_ID} data={own} />
  </Layout>
);
