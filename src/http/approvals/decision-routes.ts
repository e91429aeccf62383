/** A person decides. Only those who are eligible get anywhere; whether they are, and what they signed, is the approval's object to say. */
import type { Context } from "hono";
import * as z from "zod/mini";
import { base64urlText } from "#api/people-schemas.ts";
import { accept } from "#countersign/result.ts";
import { readProposal } from "#api/read-ask.ts";
import { logLine } from "#config/log-line.ts";
import { personFailure } from "#gate/approvals/approval-failures.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { readBody } from "#http/read-body.ts";
import { pageState } from "./visible-approval.ts";

/** `POST /a/{id}/nonce`: a fresh nonce for a page that stayed open. */
export async function renewNonce(c: Context<App>): Promise<Response> {
  const made = await c.var.ports.approval(c.req.param("id") ?? "")?.nonce(c.var.person.id);
  if (made == null) return problem(c, personFailure({ reason: "not-visible" }));
  return c.json({ nonce: made.nonce, comment_salt: made.commentSalt });
}

/** What an approver chooses of a grant; what it says of the request is built from what is stored. */
const grantBody = z.strictObject({
  id: z.string().check(z.regex(/^grt_[A-Za-z0-9_-]{1,64}$/)),
  free: z.array(
    z.strictObject({
      pointer: z.string().check(z.minLength(1), z.maxLength(1_024)),
      bound: z.union([
        z.literal("any"),
        z.strictObject({ from: z.number(), to: z.number() }),
        z.strictObject({ one_of: z.array(z.string()).check(z.minLength(1), z.maxLength(256)) }),
      ]),
    }),
  ),
  uses: z.int(),
  until: z.iso.datetime({ precision: 3 }),
});

const decisionBody = z.strictObject({
  nonce: base64urlText,
  verdict: z.enum(["approved", "denied"]),
  comment: z.string().check(z.maxLength(1_000)),
  match: z.optional(z.nullable(z.string().check(z.regex(/^[1-9][0-9]$/)))),
  grant: z.optional(z.nullable(grantBody)),
  proposal: z.optional(z.nullable(z.looseObject({}))),
  credential_id: base64urlText,
  assertion: z.strictObject({ client_data_json: base64urlText, authenticator_data: base64urlText, signature: base64urlText }),
});

/** `POST /a/{id}/decision`: one person's signed verdict. The statement is rebuilt from what is stored, never taken from here. */
export async function decideApproval(c: Context<App>): Promise<Response> {
  const id = c.req.param("id") ?? "";
  const approval = c.var.ports.approval(id);
  if (approval === null) return problem(c, personFailure({ reason: "not-visible" }));
  const body = await readBody(c.req.raw, decisionBody, c.var.config.caps.MAX_BODY_BYTES);
  if (!body.ok) return problem(c, body.refusal);
  const { credential_id: credentialId, match = null, grant = null, proposal = null, ...signed } = body.value;
  const proposed = proposal === null ? accept(null) : readProposal(proposal, c.var.config.caps.MAX_PAYLOAD_BYTES);
  if (!proposed.ok) return problem(c, proposed.refusal);
  const { id: personId, username } = c.var.person;
  const decided = await approval.decide({
    ...signed,
    match,
    grant,
    proposed: proposed.value,
    credentialId,
    person: { id: personId, username },
  });
  if (!decided.ok) return problem(c, personFailure(decided.refusal));
  logLine("decided", { request: id, person: personId, code: body.value.verdict });
  return c.json(pageState(decided.value));
}
