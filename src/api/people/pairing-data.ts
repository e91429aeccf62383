/** What `/api/v1/command-line` takes and answers: how a command line gets a session of a person's. */
import * as z from "zod/mini";
import * as words from "#countersign/documents/words.ts";
import { described, type DocumentOf, fitting } from "../document.ts";

const time = fitting(z.string(), words.time);
const roles = z.array(z.enum(["admin", "approver", "auditor"]));

export const pairingBody = z.strictObject({
  name: described(z.string().check(z.minLength(1), z.maxLength(100)), "What the machine calls itself; the person is shown it."),
});
export const begunPairing = z.looseObject({
  device_code: described(z.string(), "The command line's own: it is shown to nobody."),
  user_code: described(z.string(), "What the person types."),
  verification_uri: described(z.string(), "Where they type it."),
  expires_in: described(z.int(), "Seconds."),
  interval: described(z.int(), "Seconds between two calls that collect."),
});

export const collectBody = z.strictObject({ device_code: z.string().check(z.maxLength(100)) });
export const collectedPairing = z.looseObject({
  status: z.enum(["pending", "refused", "open"]),
  key: z.optional(described(z.string(), "`csp_…`, once, with `open`: what the session is carried with.")),
  ends_at: z.optional(time),
});

const userCode = z.string().check(z.minLength(1), z.maxLength(40));
export const pairingDraftBody = z.strictObject({ code: userCode });
export const confirmPairingBody = z.strictObject({ signature: z.unknown() });
export const letInAnswer = z.looseObject({ name: z.string(), ends_at: time });

/** Who a command line reads as. */
export const commandLineSession = z.looseObject({
  person: z.looseObject({ id: z.string(), username: z.string(), display_name: z.string(), roles, groups: z.array(z.string()) }),
  session: z.looseObject({ id: z.string(), name: z.string(), ends_at: time }),
});
export type CommandLineSession = DocumentOf<typeof commandLineSession>;
