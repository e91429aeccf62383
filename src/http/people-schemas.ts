/** What browsers send in ceremonies, member by member. Whether it is true is gate/'s to find out. */
import * as z from "zod/mini";
import { USERNAME_PATTERN } from "../core/words.ts";

export const base64url = z.string().check(z.regex(/^[A-Za-z0-9_-]{1,65536}$/, "base64url, not empty"));
const printable = z.regex(/^\P{Cc}*$/u, "no control characters");
/** A name that people read: 1–80 characters without control characters; spaces around it are dropped. */
const spokenName = z.string().check(z.trim(), z.minLength(1), z.maxLength(80), printable);

const introduction = {
  token: z.string().check(z.minLength(1), z.maxLength(1_000)),
  username: z.string().check(z.regex(USERNAME_PATTERN, "1 to 32 of a–z, 0–9, dot, hyphen and underscore, starting with a letter or digit")),
  display_name: spokenName,
};

/** As browsers give it: members that this service has no use for may come along. */
const publicKeyCredential = <Response extends z.ZodMiniType>(response: Response) =>
  z.object({ id: base64url, rawId: base64url, type: z.literal("public-key"), response });

export const setupOptionsBody = z.strictObject(introduction);
export const setupFinishBody = z.strictObject({
  ...introduction,
  nonce: base64url,
  person: z.string().check(z.regex(/^usr_[A-Za-z0-9_-]{22}$/, "the person id that came with the options")),
  response: publicKeyCredential(
    z.object({ clientDataJSON: base64url, attestationObject: base64url, transports: z.optional(z.array(z.string())) }),
  ),
});
export const signInFinishBody = z.strictObject({
  nonce: base64url,
  response: publicKeyCredential(
    z.object({
      clientDataJSON: base64url,
      authenticatorData: base64url,
      signature: base64url,
      userHandle: z.nullish(z.string()),
    }),
  ),
});

export const agentDraftBody = z.strictObject({ name: spokenName });
/** `authorisation` has the shape of formats.md's `authorised_by`, which core/ knows. */
export const agentBody = z.strictObject({ name: spokenName, authorisation: z.array(z.unknown()) });
