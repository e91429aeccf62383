/**
 * Stands in for `@peculiar/x509` and `@peculiar/asn1-android` in what is uploaded (wrangler.toml, `alias`): they read the
 * certificates of attestations, and registration.ts takes attestations away before SimpleWebAuthn sees them. Code that nobody can
 * reach is not uploaded. The names are those that SimpleWebAuthn imports; should it need another, bundling fails.
 */
function certificates(): never {
  throw new Error("attestations are taken away before anything reads their certificates");
}

export {
  certificates as AuthorityKeyIdentifierExtension,
  certificates as CRLDistributionPointsExtension,
  certificates as KeyDescription,
  certificates as SubjectKeyIdentifierExtension,
  certificates as X509Certificate,
  certificates as X509ChainBuilder,
  certificates as X509Crl,
};

/** The OID of Android's key description. */
export const id_ce_keyDescription = "1.3.6.1.4.1.11129.2.1.17";
