/** Whether what a caller sent fits, member by member, in words that help the caller. */
import * as z from "zod/mini";
import en from "zod/v4/locales/en.js";
import { asMeant } from "./as-meant.ts";
import type { JsonRefusal } from "#countersign/json/canonical-json.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { Failure, FieldError } from "#rules/failure.ts";

// The small build of zod has no words of its own for what does not fit.
z.config(en());

/** The one member that is hashed and shown, below the place where the input begins. */
const PAYLOAD = /^payload(?![A-Za-z0-9_])/;

/** Why text is not acceptable JSON (docs/formats.md, "JSON that is hashed"); `root` is where the input begins in it. */
export function jsonFailure({ reason, place, message }: JsonRefusal, root: string): Failure {
  const field = place.startsWith(root) ? place.slice(root.length).replace(/^\./, "") : place;
  const errors = [{ field, message }];
  if (reason !== "malformed" && PAYLOAD.test(field)) {
    return { code: "payload_not_canonical", message: `The payload cannot be shown and signed exactly, at ${field}: ${message}.`, errors };
  }
  return { code: "invalid_request", message: `The body is not acceptable JSON: ${message}.`, errors };
}

/** A path as people write it: `approvers.users[0]`. */
const fieldName = (path: readonly PropertyKey[]): string =>
  path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .replace(/^\./, "");

/** Nobody mends more at once, and whoever sends thousands wants a large answer. */
const MOST_ERRORS = 20;
const MAX_FIELD_LENGTH = 200;

/** `input` as the schema's type, read as it is meant (as-meant.ts), or the members that do not fit. */
export function checkInput<Schema extends z.ZodMiniType>(schema: Schema, input: unknown): Result<z.output<Schema>, Failure> {
  const checked = schema.safeParse(asMeant(schema, input));
  if (checked.success) return accept(checked.data);
  const errors: FieldError[] = checked.error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({ field: fieldName([...issue.path, key]), message: "no such member" }))
      : [{ field: fieldName(issue.path), message: issue.message }],
  );
  const first = errors[0];
  const told = errors.slice(0, MOST_ERRORS).map(({ field, message }) => ({ field: field.slice(0, MAX_FIELD_LENGTH), message }));
  const message =
    first === undefined
      ? "The input does not fit."
      : `${first.field === "" ? "The input" : first.field.slice(0, MAX_FIELD_LENGTH)}: ${first.message}.`;
  return refuse({ code: "invalid_request", message, errors: told });
}
