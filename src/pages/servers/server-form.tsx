/** What a server is made of. Used to add one, and filled with what there is to change one. */
import type { Child, FC } from "hono/jsx";
import { Field } from "#pages/kit/field.tsx";
import { Message } from "#pages/kit/layout.tsx";
import { serversScriptTexts } from "#texts/browser/servers.ts";
import { serversTexts } from "#texts/servers.ts";

const texts = serversTexts.form;
const { authentications, features } = serversScriptTexts.settings;

const plain = { refusable: true, autocomplete: "off", autocapitalize: "none", spellcheck: false } as const;

type Kind = keyof typeof authentications;

const For: FC<{ kind: Kind; prefix: string; children: Child }> = ({ kind, prefix, children }) => (
  <div id={`${prefix}for-${kind}`} hidden>
    {children}
  </div>
);

/** The credential, by its kind; also asked for where only that is given anew. */
export const CredentialFields: FC<{ prefix: string }> = ({ prefix }) => (
  <>
    <For kind="bearer" prefix={prefix}>
      <Field id={`${prefix}token`} {...texts.credential.token} type="password" {...plain} />
    </For>
    <For kind="headers" prefix={prefix}>
      <Field id={`${prefix}headers`} {...texts.credential.headers} rows={3} {...plain} />
    </For>
    <For kind="client_credentials" prefix={prefix}>
      <Field id={`${prefix}client-secret`} {...texts.credential.clientSecret} type="password" {...plain} />
    </For>
    <For kind="authorization_code" prefix={prefix}>
      <Field id={`${prefix}oauth-secret`} {...texts.credential.gateSecret} type="password" {...plain} />
    </For>
  </>
);

const ENDPOINTS = {
  "oauth-authorization": texts.oauth.authorization,
  "oauth-token": texts.oauth.token,
  "oauth-revocation": texts.oauth.revocation,
  "oauth-registration": texts.oauth.registration,
  "oauth-resource": texts.oauth.resource,
} as const;

/** Of a server that is called as somebody: asked of it and of its issuer, and signed for, so that neither can name others later. */
const OauthFields: FC = () => (
  <div id="oauth" hidden>
    <div class="field">
      <label for="oauth-grants">{texts.oauth.grants.label}</label>
      <select id="oauth-grants">
        <option value="shared">{texts.oauth.grants.shared}</option>
        <option value="owner">{texts.oauth.grants.owner}</option>
      </select>
    </div>
    <div class="ways">
      <button type="button" id="discover">
        {texts.oauth.discover}
      </button>
    </div>
    <p class="hint">{texts.oauth.discoverHint}</p>
    <p id="discover-told" class="message" role="alert" hidden></p>
    <p id="discovered" class="done" role="status" hidden></p>
    <Field id="oauth-issuer" {...texts.oauth.issuer} type="url" {...plain} />
    <Field id="oauth-client" {...texts.oauth.client} {...plain} />
    <div class="field">
      <label for="oauth-auth">{texts.oauth.auth.label}</label>
      <select id="oauth-auth">
        <option value="none">{texts.oauth.auth.none}</option>
        <option value="basic">{texts.oauth.auth.basic}</option>
        <option value="post">{texts.oauth.auth.post}</option>
      </select>
    </div>
    <div class="field">
      <label for="oauth-redirect">{texts.oauth.redirect.label}</label>
      <select id="oauth-redirect">
        <option value="shared">{texts.oauth.redirect.shared}</option>
        <option value="issuer">{texts.oauth.redirect.issuer}</option>
        <option value="" hidden>
          {texts.oauth.redirect.before}
        </option>
      </select>
    </div>
    <Field id="oauth-scope" {...texts.oauth.scope} {...plain} />
    <details>
      <summary>{texts.oauth.more}</summary>
      {Object.entries(ENDPOINTS).map(([id, said]) => (
        <Field id={id} {...said} type="url" {...plain} />
      ))}
    </details>
  </div>
);

export const ServerForm: FC = () => (
  <form id="server" novalidate>
    <h2 id="form-title">{texts.title}</h2>
    <Field id="name" {...texts.name} maxlength={20} {...plain} />
    <Field id="url" {...texts.url} type="url" {...plain} />
    <div class="field">
      <label for="authentication">{texts.authentication}</label>
      <select id="authentication">
        {Object.entries(authentications).map(([value, name]) => (
          <option value={value}>{name}</option>
        ))}
      </select>
      <p class="error" id="authentication-error" hidden></p>
    </div>
    <div id="client" hidden>
      <Field id="token-endpoint" {...texts.client.endpoint} type="url" {...plain} />
      <Field id="client-id" {...texts.client.id} {...plain} />
      <Field id="scope" {...texts.client.scope} {...plain} />
    </div>
    <OauthFields />
    <CredentialFields prefix="" />
    <details id="more">
      <summary>{texts.more}</summary>
      <fieldset>
        <legend>{texts.features}</legend>
        {Object.entries(features).map(([value, name]) => (
          <label class="choice">
            <input type="checkbox" name="features" value={value} /> {name}
          </label>
        ))}
        <label class="choice">
          <input type="checkbox" name="features" value="sessions" /> {texts.sessions}
        </label>
      </fieldset>
      <Field id="seconds" {...texts.seconds} inputmode="numeric" {...plain} />
      <Field id="result-bytes" {...texts.bytes} inputmode="numeric" {...plain} />
    </details>
    <Message />
    <div class="ways">
      <button type="submit" id="send-server" class="primary">
        {texts.submit}
      </button>
      <button type="button" id="leave-server" hidden>
        {texts.leave}
      </button>
    </div>
    <p class="hint">{texts.hint}</p>
  </form>
);
