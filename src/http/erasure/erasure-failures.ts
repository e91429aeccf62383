/** What callers are told when nobody is erased. */
import type { ErasureRefusal } from "#gate/erasure/erase-person.ts";
import { SIGNATURE_ANSWERS } from "#http/signatures/signature-failures.ts";
import { publicAnswers } from "#rules/failure.ts";

/** Of erasing somebody, which admins sign for. */
export const erasureFailure = publicAnswers<ErasureRefusal>({
  ...SIGNATURE_ANSWERS,
  "unknown-person": { code: "not_found", message: "There is no such person. Perhaps somebody else has just erased them." },
  "stands-still": {
    code: "person_stands",
    message:
      "Nobody is erased who can do something here still. Take their roles away, revoke their passkeys and their agents, and disconnect their accounts first.",
  },
});
