/** What anybody is told when the log has no answer to their question. */
import type { ProofRefusal } from "#gate/log/reading/log-proofs.ts";
import { publicAnswers } from "#rules/failure.ts";

export const logFailure = publicAnswers<ProofRefusal | { reason: "nothing-revealed" }>({
  "malformed-consistency-query": {
    code: "invalid_request",
    message: "Give from and to, once each, as decimals without leading zeroes; from may not be more than to.",
  },
  "malformed-inclusion-query": {
    code: "invalid_request",
    message: "Give size, and either index (below size) or hash (32 bytes, hexadecimal or base64), once each.",
  },
  "beyond-checkpoint": ({ size }) => ({ code: "not_found", message: `The newest checkpoint has ${size} leaves.` }),
  "leaf-not-found": ({ searched, size }) => ({
    code: "not_found",
    message: `No leaf of this hash is among the last ${searched} of these ${size}.`,
  }),
  "nothing-revealed": { code: "not_found", message: "Nothing of this entry is public, or there is none." },
});
