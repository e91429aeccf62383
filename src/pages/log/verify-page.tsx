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
import { logTexts as texts } from "#texts/log.ts";

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
      label={texts.verify.receiptFile}
      hint={texts.verify.fileHint}
    />
    <Field id="receipt" rows={3} label={texts.verify.receipt} hint={texts.verify.receiptHint} {...MACHINE_TEXT} />
  </div>
);

const PROOF_HINT = <>{texts.verify.proofHint(<code>c2sp.org/tlog-proof@v1</code>)}</>;

const Proof: FC = () => (
  <div data-for="proof" hidden>
    <Field id="proof" rows={4} label={texts.verify.proof} hint={PROOF_HINT} {...MACHINE_TEXT} />
    <Field id="entry" rows={3} label={texts.verify.entry} hint={texts.verify.entryHint} {...MACHINE_WORDS} />
  </div>
);

const APPROVERS_HINT = <>{texts.verify.approversHint(<code>usr_…=9f86…</code>)}</>;

const Trust: FC<VerifyPageProps> = ({ origin, vkey }) => (
  <section aria-labelledby="trust-title">
    <h2 id="trust-title">{texts.verify.trust}</h2>
    <p>{texts.verify.trustHint}</p>
    <Field
      id="vkey"
      rows={2}
      label={texts.verify.logKey}
      hint={vkey === null ? texts.verify.logKeyMissing : texts.verify.logKeyHint}
      {...MACHINE_TEXT}
    >
      {vkey}
    </Field>
    <div data-for="receipt">
      <Field id="origin" value={origin} inputmode="url" label={texts.verify.origin} hint={texts.verify.originHint} {...MACHINE_WORDS} />
      <Field id="approvers" rows={2} label={texts.verify.approverKeys} hint={APPROVERS_HINT} {...MACHINE_WORDS} />
    </div>
    <Field id="policy" rows={2} label={texts.verify.witnessPolicy} hint={texts.verify.policyHint} {...MACHINE_WORDS} />
  </section>
);

/** Filled by the script. */
const Result: FC = () => (
  <section id="result" class="result" aria-label={texts.verify.result} tabindex={-1} hidden>
    <p role="status" id="status" class="status"></p>
    <div id="conclusion"></div>
    <div id="caution"></div>
    <h2 id="checks-title">{texts.verify.checks}</h2>
    <ol id="checks" class="checks" aria-labelledby="checks-title"></ol>
  </section>
);

const WAYS = [
  { mode: "receipt", href: "#receipt-check", name: texts.verify.aReceipt },
  { mode: "proof", href: "#proof", name: texts.verify.aProof },
] as const;

export const VerifyPage: FC<VerifyPageProps> = ({ origin, vkey }) => (
  <Layout title={texts.verify.title} script="verify.js" sheets={["verify"]}>
    <main class="verify">
      <h1>{texts.verify.title}</h1>
      <p>{texts.verify.about}</p>
      <nav class="ways" aria-label={texts.verify.whatToCheck}>
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
          {texts.verify.checkReceipt}
        </button>
      </form>
      <noscript>
        <p class="message">{texts.verify.needsScript(<code>countersign verify</code>)}</p>
      </noscript>
      <Result />
    </main>
  </Layout>
);
