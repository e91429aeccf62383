/** What a server is made of. Used to add one, and filled with what there is to change one. */
import type { Child, FC } from "hono/jsx";
import { Field } from "#pages/kit/field.tsx";
import { Message } from "#pages/kit/layout.tsx";
import { AUTHENTICATION_NAMES, FEATURE_NAMES } from "./server-view.ts";

const plain = { refusable: true, autocomplete: "off", autocapitalize: "none", spellcheck: false } as const;

type Kind = keyof typeof AUTHENTICATION_NAMES;

const For: FC<{ kind: Kind; prefix: string; children: Child }> = ({ kind, prefix, children }) => (
  <div id={`${prefix}for-${kind}`} hidden>
    {children}
  </div>
);

const SEALED = "It is sealed for this server and this address, and never shown again.";

/** The credential, by its kind; also asked for where only that is given anew. */
export const CredentialFields: FC<{ prefix: string }> = ({ prefix }) => (
  <>
    <For kind="bearer" prefix={prefix}>
      <Field id={`${prefix}token`} label="Token" hint={SEALED} type="password" {...plain} />
    </For>
    <For kind="headers" prefix={prefix}>
      <Field id={`${prefix}headers`} label="Headers" rows={3} hint={`One a line, such as “X-Api-Key: …”. ${SEALED}`} {...plain} />
    </For>
    <For kind="client_credentials" prefix={prefix}>
      <Field id={`${prefix}client-secret`} label="Client secret" hint={SEALED} type="password" {...plain} />
    </For>
    <For kind="authorization_code" prefix={prefix}>
      <Field
        id={`${prefix}oauth-secret`}
        label="Client secret of the gate"
        hint={`If the issuer gave the gate one. ${SEALED}`}
        type="password"
        {...plain}
      />
    </For>
  </>
);

const ENDPOINTS = {
  "oauth-authorization": ["Where people say yes", "An address of the issuer’s."],
  "oauth-token": ["Where tokens are had", "No token is sent anywhere else but here, and to the server."],
  "oauth-revocation": ["Where they are given back", "Empty if the issuer takes nothing back."],
  "oauth-registration": ["Where clients are registered", "Empty if it registers none."],
  "oauth-resource": ["What tokens are for", "The server, or a place above it."],
} as const;

/** Of a server that is called as somebody: asked of it and of its issuer, and signed for, so that neither can name others later. */
const OauthFields: FC = () => (
  <div id="oauth" hidden>
    <div class="field">
      <label for="oauth-grants">Agents call it</label>
      <select id="oauth-grants">
        <option value="shared">all as one account, which an admin connects</option>
        <option value="owner">each as the owner of the agent, who connects it</option>
      </select>
    </div>
    <div class="ways">
      <button type="button" id="discover">
        Ask the server
      </button>
    </div>
    <p class="hint">
      Asks the server for its issuer, and that one for what is below. Makes the gate known there, unless a client ID is entered.
    </p>
    <p id="discover-told" class="message" role="alert" hidden></p>
    <p id="discovered" class="done" role="status" hidden></p>
    <Field
      id="oauth-issuer"
      label="Issuer"
      hint="Who gives tokens. If the server names several, enter the one that is meant, and ask."
      type="url"
      {...plain}
    />
    <Field id="oauth-client" label="Client ID of the gate" hint="As the issuer knows the gate." {...plain} />
    <div class="field">
      <label for="oauth-auth">The gate shows itself there</label>
      <select id="oauth-auth">
        <option value="none">without a secret</option>
        <option value="basic">by its secret, in a header</option>
        <option value="post">by its secret, in the body</option>
      </select>
    </div>
    <div class="field">
      <label for="oauth-redirect">People come back to</label>
      <select id="oauth-redirect">
        <option value="shared">the address of all issuers that name themselves</option>
        <option value="issuer">an address for this issuer alone</option>
        <option value="" hidden>
          the address of all issuers, as its client was made with it before
        </option>
      </select>
    </div>
    <Field id="oauth-scope" label="Scope of the gate" hint="What it asks for. Fewer words are less leave." {...plain} />
    <details>
      <summary>What the issuer says of itself</summary>
      {Object.entries(ENDPOINTS).map(([id, [label, hint]]) => (
        <Field id={id} label={label} hint={hint} type="url" {...plain} />
      ))}
    </details>
  </div>
);

export const ServerForm: FC = () => (
  <form id="server" novalidate>
    <h2 id="form-title">Add a server</h2>
    <Field
      id="name"
      label="Name"
      hint="What rules and agents call it, such as “tickets”: letters from a to z, digits and hyphens. It stays."
      maxlength={20}
      {...plain}
    />
    <Field id="url" label="Address" hint="Of its MCP endpoint over HTTPS, such as https://mcp.example.com/mcp" type="url" {...plain} />
    <div class="field">
      <label for="authentication">Authentication</label>
      <select id="authentication">
        {Object.entries(AUTHENTICATION_NAMES).map(([value, name]) => (
          <option value={value}>{name}</option>
        ))}
      </select>
      <p class="error" id="authentication-error" hidden></p>
    </div>
    <div id="client" hidden>
      <Field
        id="token-endpoint"
        label="Token endpoint"
        hint="Where tokens are had. It is signed for: no server can name another."
        type="url"
        {...plain}
      />
      <Field id="client-id" label="Client ID" hint="As the issuer of tokens knows the gate." {...plain} />
      <Field id="scope" label="Scope" hint="If the issuer wants one." {...plain} />
    </div>
    <OauthFields />
    <CredentialFields prefix="" />
    <details id="more">
      <summary>What passes besides tools, and limits</summary>
      <fieldset>
        <legend>What passes besides tools</legend>
        {Object.entries(FEATURE_NAMES).map(([value, name]) => (
          <label class="choice">
            <input type="checkbox" name="features" value={value} /> {name}
          </label>
        ))}
        <label class="choice">
          <input type="checkbox" name="features" value="sessions" /> Approved calls may be sent in another session than they were asked in
        </label>
      </fieldset>
      <Field id="seconds" label="Seconds a call" hint="1 to 600; 60 if empty." inputmode="numeric" {...plain} />
      <Field id="result-bytes" label="Bytes an answer" hint="At most 67108864; 16777216 if empty." inputmode="numeric" {...plain} />
    </details>
    <Message />
    <div class="ways">
      <button type="submit" id="send-server" class="primary">
        Add server
      </button>
      <button type="button" id="leave-server" hidden>
        Keep as it is
      </button>
    </div>
    <p class="hint">You sign this with your passkey. Nothing of a server may be used until its tools are accepted.</p>
  </form>
);
