/**
 * `/verify`: anyone checks a receipt, or at `#proof` that an entry is in a log, in their own browser; at `#request=<id>` the receipt of
 * a request of this service, which the script gets for who may have it. Nothing is uploaded: the
 * fields have no names and the button works only for the script (log/browser/verify-page.ts), so that not even a browser without scripts
 * could send them.
 */
import type { FC } from "hono/jsx";
import built from "#dist/assets.json" with { type: "json" };
import { Field } from "#pages/kit/field.tsx";
import { Layout, Message } from "#pages/kit/layout.tsx";

interface VerifyPageProps {
  /** Of this service, to begin with. */
  origin: string;
  /** The verifier key of this service's log; null while the log does not answer. */
  vkey: string | null;
}

/** What people type here is machines' text. */
const MACHINE_TEXT = { class: "code", autocomplete: "off", spellcheck: false } as const;
const MACHINE_WORDS = { ...MACHINE_TEXT, autocapitalize: "none" } as const;

const Receipt: FC = () => (
  <div data-for="receipt">
    <Field
      id="file"
      type="file"
      accept=".json,application/json,.zip,application/zip"
      label="Receipt file"
      hint="Choose it, or drop it anywhere on this page."
    />
    <Field id="receipt" rows={3} label="Receipt" hint="Or paste its text here." {...MACHINE_TEXT} />
  </div>
);

const PROOF_HINT = (
  <>
    Beginning with <code>c2sp.org/tlog-proof@v1</code>, as on the page of an entry.
  </>
);

const Proof: FC = () => (
  <div data-for="proof" hidden>
    <Field id="proof" rows={4} label="Proof" hint={PROOF_HINT} {...MACHINE_TEXT} />
    <Field
      id="entry"
      rows={3}
      label="Entry"
      hint="What you have of it: record and salt as JSON, as in a receipt; or the entry’s 33 bytes; or its leaf hash."
      {...MACHINE_WORDS}
    />
  </div>
);

const APPROVERS_HINT = (
  <>
    Optional. One on each line: a person’s id, an equals sign, and the SHA-256 of their key in hexadecimal, such as <code>usr_…=9f86…</code>
    . Then every decision has to be by one of them, and whose keys they are is not the operator’s word.
  </>
);

const Trust: FC<VerifyPageProps> = ({ origin, vkey }) => (
  <section aria-labelledby="trust-title">
    <h2 id="trust-title">What you trust</h2>
    <p>
      A check proves only as much as the key that it uses. This service’s own key and origin are filled in, which is its word for itself. A
      log key that you got from elsewhere, or wrote down earlier, is worth more.
    </p>
    <Field
      id="vkey"
      rows={2}
      label="Log key"
      hint={
        vkey === null
          ? "This service’s log is not answering, so enter its key, such as gate.example.com/log+1a2b3c4d+AZ…"
          : "The log signs what it holds with it."
      }
      {...MACHINE_TEXT}
    >
      {vkey}
    </Field>
    <div data-for="receipt">
      <Field
        id="origin"
        value={origin}
        inputmode="url"
        label="Origin"
        hint="Where the decision was made. A passkey signs for one address only."
        {...MACHINE_WORDS}
      />
      <Field id="approvers" rows={2} label="Approver keys" hint={APPROVERS_HINT} {...MACHINE_WORDS} />
    </div>
    <Field
      id="policy"
      rows={2}
      label="Witness policy"
      hint="Optional. A C2SP tlog-policy: which witnesses have to have seen this state of the log, and how many."
      {...MACHINE_WORDS}
    />
  </section>
);

/** Filled by the script. */
const Result: FC = () => (
  <section id="result" class="result" aria-label="Result" tabindex={-1} hidden>
    <p role="status" id="status" class="status"></p>
    <div id="conclusion"></div>
    <div id="caution"></div>
    <h2 id="checks-title">Checks, in their order</h2>
    <ol id="checks" class="checks" aria-labelledby="checks-title"></ol>
  </section>
);

const WAYS = [
  { mode: "receipt", href: "#receipt-check", name: "A receipt" },
  { mode: "proof", href: "#proof", name: "A proof" },
] as const;

export const VerifyPage: FC<VerifyPageProps> = ({ origin, vkey }) => (
  <Layout title="Check a receipt or a proof" script="verify.js" sheets={["verify"]}>
    <main class="verify">
      <h1>Check a receipt or a proof</h1>
      <p>Your browser checks it here, on its own. Nothing that you enter leaves this page.</p>
      <nav class="ways" aria-label="What to check">
        {WAYS.map(({ mode, href, name }) => (
          <a href={href} data-mode={mode} aria-current={mode === "receipt" ? "true" : undefined}>
            {name}
          </a>
        ))}
      </nav>
      <form id="verify" novalidate data-bundle={built["bundle.js"]}>
        <Receipt />
        <Proof />
        <Trust origin={origin} vkey={vkey} />
        <Message />
        <button type="submit" class="primary" disabled>
          Check receipt
        </button>
      </form>
      <noscript>
        <p class="message">
          This page needs JavaScript: your browser itself checks the receipt. Switch it on and reload, or use{" "}
          <code>countersign verify</code> on the command line.
        </p>
      </noscript>
      <Result />
    </main>
  </Layout>
);
