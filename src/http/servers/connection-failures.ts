/** What people are told of refusals around connecting servers. What an issuer wrote is in none of it. */
import type { ConnectRefusal } from "#gate/servers/connections/connect-server.ts";
import type { DisconnectRefusal } from "#gate/servers/connections/disconnect.ts";
import type { DiscoveryFailure, RegistrationFailure } from "#gate/servers/connections/discovered.ts";
import type { OwnRefusal, SharedRefusal } from "#gate/servers/connections/sign-connection.ts";
import { SIGNATURE_ANSWERS } from "#http/signatures/signature-failures.ts";
import { passkeyAnswers } from "#rules/passkey-answers.ts";
import { type AnswerTable, type Failure, fieldFailure, publicAnswers } from "#rules/failure.ts";

const refusedBy = (message: string): Failure => ({ code: "needs_authentication", message });

const DISCOVERY: AnswerTable<DiscoveryFailure> = {
  "not-oauth": refusedBy("The server does not say who gives tokens for it (RFC 9728). Ask whoever runs it."),
  "resource-of-another": refusedBy("What the server says of itself is about another address than its own, so it is not gone by."),
  "issuer-not-named": refusedBy("The server does not name this issuer. Somebody has to look whether it changed, and sign for it."),
  "issuer-of-another": refusedBy("The issuer says that it is another one (RFC 8414), so nothing that it says is gone by."),
  "metadata-not-good": refusedBy("The issuer does not say where people and clients turn to (RFC 8414)."),
  "no-pkce": refusedBy("The issuer does not say that it knows PKCE with S256, without which the gate sends nobody to it."),
  "issuer-unreachable": { code: "upstream_unavailable", message: "The server or its issuer could not be reached. Try again." },
  "address-refused": refusedBy("The server or its issuer names an address that the gate does not connect to."),
};

export const discoveryFailure = publicAnswers<DiscoveryFailure | RegistrationFailure>({
  ...DISCOVERY,
  "no-registration": ({ redirect }) =>
    fieldFailure(
      "authentication.client_id",
      `is wanted: this issuer registers no clients by itself. Make one there, with ${redirect} as its redirect address`,
    ),
  "registration-refused": ({ error }) =>
    fieldFailure("authentication.client_id", `is wanted: the issuer did not register the gate${error === "" ? "" : ` (${error})`}`),
});

const MISSING = {
  "unknown-server": { code: "unknown_server", message: "There is no such server." },
  "grant-not-there": {
    code: "server_changed",
    message: "Nothing was made: this connection is not there any more, or never was yours. Connect the server again.",
  },
} as const;

export const connectFailure = publicAnswers<ConnectRefusal>({
  ...DISCOVERY,
  "unknown-server": MISSING["unknown-server"],
  "nothing-to-connect": fieldFailure("server", "is not called as anybody: there is nothing to connect"),
  "not-for-you": { code: "forbidden", message: "All agents share this connection, so an admin makes it." },
  "oauth-changed": refusedBy(
    "The server or its issuer says otherwise now than admins have signed for. An admin has to look at it, and sign for what changed.",
  ),
  "client-without-secret": refusedBy("The issuer wants a client secret, and there is none: an admin has to give it."),
  "flow-unknown": {
    code: "not_found",
    message: "This is the end of no connection that began here, in this session, within the last ten minutes. Begin again.",
  },
  "issuer-mismatch": refusedBy("Somebody else answered than the issuer that you were sent to. Nothing was made of it. Begin again."),
  "issuer-refused": refusedBy("The issuer did not give leave. Nothing was connected; what was before stays."),
  "credential-unreadable": refusedBy("The client secret could not be opened: an admin has to give it again."),
  "no-vault": refusedBy("This deployment has no VAULT_SECRET, with which tokens are sealed. Whoever runs it can set one."),
});

export const signFailure = publicAnswers<SharedRefusal | OwnRefusal | DisconnectRefusal>({
  ...SIGNATURE_ANSWERS,
  ...passkeyAnswers("decision_not_accepted", "Nothing was connected."),
  ...MISSING,
  "signature-spent": { code: "decision_not_accepted", message: "This signature has served already. Look whether it is connected." },
});
