/**
 * Schemas and types of one document held together. Where the schema is all there is, the type comes from it; where the type
 * is needed below api/, which cannot read schemas, the schema is held against the type.
 */
import * as z from "zod/mini";
import type { JsonValue } from "#countersign/json/canonical-json.ts";
import { fit, type Shape } from "#countersign/json/shape.ts";

/** The type of a document of this schema: the members that it names, though more may come with them. */
export type DocumentOf<Schema extends z.ZodMiniType> = Named<z.output<Schema>>;

type Named<Value> = Value extends readonly (infer Item)[]
  ? Named<Item>[]
  : Value extends object
    ? { [Name in keyof Value as string extends Name ? never : Name]: Named<Value[Name]> }
    : Value;

/** Whether each type may stand for the other, and would if nothing of it were optional: so neither has a member more. */
type Same<One, Other> = [One, Other, Required<One>, Required<Other>] extends [Other, One, Required<Other>, Required<One>] ? true : false;

/** A schema of `Document`, as it is. The type check fails where the schema names more, less or other members than the type. */
export const describing =
  <Document>() =>
  <Schema extends z.ZodMiniType>(schema: Schema & (Same<DocumentOf<Schema>, Document> extends true ? unknown : never)): Schema =>
    schema;

/** The schema with words for whoever reads its JSON Schema. */
export const described = <Schema extends z.ZodMiniType>(schema: Schema, description: string): Schema => {
  z.globalRegistry.add(schema, { description });
  return schema;
};

/** The schema, narrowed to what `shape` takes. Its JSON Schema stays as broad as it was: documents may grow. */
export const fitting = <Value extends JsonValue>(schema: z.ZodMiniType<Value>, shape: Shape<Value>): z.ZodMiniType<Value> =>
  schema.check(z.refine((value) => fit(shape, value).ok));

/** Answers of this schema, or an error: everything optional, for clients that take one schema for both. */
export function answerOrError(answer: z.ZodMiniObject): z.ZodMiniObject {
  const members = Object.entries(answer.shape).map(([name, member]) => {
    const { description } = z.globalRegistry.get(member) ?? {};
    return [name, description === undefined ? z.optional(member) : described(z.optional(member), description)];
  });
  const error = z.optional(z.looseObject({ code: z.string(), message: z.string() }));
  return z.looseObject({ ...Object.fromEntries(members), error });
}

/** A time, or a day, that somebody looks from or to in a query (rules/audit/moment.ts). */
export const moment = (what: string) =>
  described(
    z.optional(
      z
        .string()
        .check(
          z.regex(
            /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?Z)?$/,
            "a time in UTC such as 2026-11-20T09:30:00Z, or a day such as 2026-11-20",
          ),
        ),
    ),
    what,
  );
