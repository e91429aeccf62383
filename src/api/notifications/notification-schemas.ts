/** What browsers send about how a person is told, member by member. Whether an address is one is gate/'s to find out. */
import * as z from "zod/mini";
import * as words from "#countersign/documents/words.ts";
import { PERSONAL_KINDS } from "#rules/notices/person-settings.ts";
import { fitting } from "../document.ts";
import { base64urlText } from "../people-schemas.ts";

const channel = z.string().check(z.regex(/^chn_[A-Za-z0-9_-]{1,64}$/, "channel id"));
const time = fitting(z.string(), words.time);
const printable = z.regex(/^\P{Cc}*$/u, "no control characters");
const label = z.string().check(z.trim(), z.minLength(1), z.maxLength(80), printable);
const subscription = z.strictObject({
  endpoint: z.string().check(z.minLength(1), z.maxLength(2_048)),
  keys: z.strictObject({ p256dh: base64urlText, auth: base64urlText }),
});

/** A device, a mailbox or an account, by the kind of its channel. */
export const contactBody = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("webpush"), channel, label, key: base64urlText, subscription }),
  z.strictObject({ kind: z.literal("email"), channel, address: z.string().check(z.trim(), z.minLength(3), z.maxLength(254)) }),
  z.strictObject({
    kind: z.literal("slack"),
    channel,
    member: z
      .string()
      .check(z.trim(), z.regex(/^[UW][A-Z0-9]{5,20}$/, "a member ID such as U012AB3CD: in Slack under your profile, “Copy member ID”")),
  }),
]);

/** Spaces and hyphens as people type them are no part of it. */
export const contactCodeBody = z.strictObject({
  code: z.pipe(
    z.string().check(z.maxLength(40)),
    z.transform((typed) => typed.replaceAll(/[\s-]/g, "")),
  ),
});

const clock = z.string().check(z.regex(/^([01]\d|2[0-3]):[0-5]\d$/, "a time such as 22:00"));

/** Which zones there are, the runtime says. */
export const personSettingsBody = z.strictObject({
  order: z.array(z.enum(PERSONAL_KINDS)).check(
    z.minLength(1),
    z.refine((kinds) => new Set(kinds).size === kinds.length, "each at most once"),
  ),
  next_after_minutes: z.int().check(z.minimum(0), z.maximum(1_440)),
  zone: z.string().check(z.minLength(1), z.maxLength(64)),
  quiet: z.nullable(
    z
      .strictObject({ from: clock, to: clock })
      .check(z.refine(({ from, to }) => from !== to, "from and to are the same: that would be always")),
  ),
});

/** `to`: person id of an approver. */
export const delegationDraftBody = z.strictObject({
  to: z.string().check(z.regex(/^usr_[A-Za-z0-9_-]{1,64}$/, "person id")),
  from: time,
  until: time,
});

/** `signature` has the shape of formats.md's `delegation.given`, which says everything else. */
export const delegationBody = z.strictObject({ signature: z.looseObject({}) });
