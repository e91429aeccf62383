/** What an agent is told, to the service's schema and to the client that reads it: the same. */
import fc from "fast-check";
import { expect, expectTypeOf, it } from "vitest";
import * as z from "zod/mini";
import { approvalDocument } from "#api/approval-schemas.ts";
import { type Approval, readApproval } from "#countersign/sdk/answers.ts";
import { anyDocument, anyMisfit } from "#test/support/any-document.ts";
import { approvalAnswer } from "#test/support/service/stub-service.ts";

/** Members that the client reads into its type; the others stay in `document`. */
const READ = [
  "request_id",
  "status",
  "basis",
  "rule",
  "action",
  "approval_url",
  "expires_at",
  "use_by",
  "required",
  "approvals",
  "decided_at",
  "comment",
  "cancel_reason",
  "redeemed_at",
  "outcome",
  "notified_at",
  "seen_at",
  "match_code",
  "question",
  "proposal",
] as const;

/** The schema as far as the client reads it, with any word where the service means one of several: later versions may have more. */
const readable = z.looseObject({
  ...z.pick(approvalDocument, Object.fromEntries(READ.map((name) => [name, true])) as { [Name in (typeof READ)[number]]: true }).shape,
  status: z.string(),
  basis: z.exactOptional(z.string()),
  outcome: z.exactOptional(z.string()),
  awaiting: z.exactOptional(z.array(z.string())),
  decided_by: z.exactOptional(
    z.array(z.looseObject({ ...approvalDocument.shape.decided_by.def.innerType.def.element.shape, verdict: z.string() })),
  ),
});

it("what fits the schema is read, as it is", () => {
  fc.assert(
    fc.property(anyDocument(approvalDocument), (document) => {
      const told = document as z.output<typeof approvalDocument>;
      const members = READ.flatMap((name) => (name in told ? [[name, told[name]]] : []));
      expect(readApproval(document)).toEqual({
        ...Object.fromEntries(members),
        basis: told.basis ?? "passkeys",
        awaiting: told.awaiting ?? [],
        decided_by: told.decided_by ?? [],
        document,
      });
    }),
  );
});

it("the client takes what fits the members that it reads, and nothing else", () => {
  fc.assert(
    fc.property(anyMisfit(approvalDocument), (document) => {
      expect(readApproval(document) !== null).toBe(readable.safeParse(document).success);
    }),
  );
});

it("an answer of the stub fits the schema", () => {
  expect(approvalDocument.safeParse(approvalAnswer()).success).toBe(true);
});

it("the client's type has each of these members, and no others of the document", () => {
  expectTypeOf<Exclude<keyof Approval, "awaiting" | "decided_by" | "document">>().toEqualTypeOf<(typeof READ)[number]>();
});
