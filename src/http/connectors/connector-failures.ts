/** What admins, and connectors, are told of refusals around connectors. */
import type { ConnectorRefusal } from "#gate/connectors/create-connector.ts";
import { SIGNATURE_ANSWERS } from "#http/signatures/signature-failures.ts";
import { fieldFailure, publicAnswers } from "#rules/failure.ts";

/** `not-proposed`: nobody has signed for a connector of this id and these names that lacks a signature. */
type ConnectorRoutesRefusal =
  | ConnectorRefusal
  | { reason: "unknown-connector" | "not-proposed" | "no-connectors" | "unknown-key" | "opened-too-often" };

export const connectorFailure = publicAnswers<ConnectorRoutesRefusal>({
  ...SIGNATURE_ANSWERS,
  "name-not-good": ({ field }) => fieldFailure(field, "begins with a letter from a to z, and is at most 20 of these, digits and hyphens"),
  "name-of-another-connector": fieldFailure("name", "a connector has this name already"),
  "too-many-connectors": fieldFailure("name", "there are as many connectors as there can be: revoke one first"),
  "unknown-connector": { code: "not_found", message: "There is no such connector." },
  "not-proposed": { code: "not_found", message: "No such connector is waiting for another signature." },
  "no-connectors": {
    code: "gateway_not_available",
    message: "This deployment has no connectors: its configuration lacks the binding CONNECTOR.",
  },
  "unknown-key": { code: "unauthorized", message: "This needs the key of this connector, csc_…, and that it is not revoked." },
  "opened-too-often": {
    code: "rate_limited",
    message: "This connector was connected too often within a minute. Try again in a minute.",
    retryAfter: 60,
  },
});
