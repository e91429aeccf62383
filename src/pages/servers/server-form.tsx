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
  </>
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
