/** The routes of /api/v1 that people call: agents, people, invitations. */
import * as z from "zod/mini";
import { body, json, named, people as security, refused } from "./openapi-parts.ts";
import { agentBody, confirmBody, inviteBody, rolesBody } from "../people-schemas.ts";

const time = z.string();
const roles = z.array(z.enum(["admin", "approver", "auditor"]));
const groups = z.array(z.string());
const person = { id: z.string(), username: z.string(), display_name: z.string(), roles, groups };
const namedPerson = z.looseObject({ id: z.string(), username: z.string() });
const listOf = (item: z.ZodMiniType, more = {}) => z.looseObject({ items: z.array(item), next_cursor: z.optional(z.string()), ...more });

const counted = { signatures: z.int(), required: z.int() };
const proposed = { ...counted, signed_by: z.array(z.string()) };
const signatureCount = named(z.looseObject(counted), "SignatureCount");
const awaiting = json("Signed, and another admin has to sign as well.", signatureCount);

const key = {
  credential_id: z.string(),
  name: z.string(),
  created_at: time,
  backup_eligible: z.boolean(),
  fingerprint: z.string(),
  words: z.string(),
};
const held = { ...key, revoked_at: z.nullable(time) };
const personItem = named(
  z.looseObject({
    ...person,
    confirmed: z.boolean(),
    passkeys: z.array(z.looseObject(held)),
    waiting: z.array(z.looseObject({ ...key, roles, groups, invited_by: z.nullable(namedPerson), ...proposed })),
    proposed_roles: z.array(z.looseObject({ roles, groups, ...proposed, expires_at: time })),
  }),
  "Person",
);
const me = z.looseObject({
  ...person,
  passkeys: z.array(z.looseObject({ ...held, current: z.boolean() })),
  waiting: z.array(z.looseObject(key)),
});
const invite = named(
  z.looseObject({
    id: z.string(),
    person: z.nullable(namedPerson),
    username: z.nullable(z.string()),
    display_name: z.nullable(z.string()),
    roles,
    groups,
    by: namedPerson,
    created_at: time,
    expires_at: time,
    used_at: z.nullable(time),
  }),
  "Invite",
);
const agentNames = { id: z.string(), name: z.string(), owner: z.string() };
const agent = named(z.looseObject({ ...agentNames, created_at: time, revoked_at: z.nullable(time) }), "Agent");
const proposedAgent = z.looseObject({ ...agentNames, ...proposed, expires_at: time });

const id = z.object({ id: z.string() });
const idAndCredential = z.object({ id: z.string(), credential_id: z.string() });

export const peoplePaths = {
  "/me": { get: { summary: "Who is signed in", security, responses: { 200: json("The person.", me), default: refused } } },
  "/agents": {
    get: {
      summary: "Every agent, revoked ones too, and those that lack an admin's signature",
      security,
      responses: { 200: json("The agents.", listOf(agent, { waiting: z.array(proposedAgent) })), default: refused },
    },
    post: {
      summary: "Make an agent, with admins' signatures",
      security,
      requestBody: body(agentBody),
      responses: {
        201: json("The agent and its key, which is shown only here.", z.looseObject({ id: z.string(), name: z.string(), key: z.string() })),
        202: awaiting,
        default: refused,
      },
    },
  },
  "/agents/{id}": {
    delete: {
      summary: "Revoke an agent at once",
      security,
      requestParams: { path: id },
      responses: { 204: { description: "Revoked." }, default: refused },
    },
  },
  "/people": {
    get: {
      summary: "Everybody, with their passkeys and what waits for signatures",
      security,
      responses: { 200: json("The people.", listOf(personItem)), default: refused },
    },
  },
  "/people/{id}/passkeys/{credential_id}/confirm": {
    post: {
      summary: "Confirm a passkey that waits, with admins' signatures over its public key",
      security,
      requestParams: { path: idAndCredential },
      requestBody: body(confirmBody),
      responses: { 200: json("Confirmed.", z.looseObject({ confirmed: z.literal(true) })), 202: awaiting, default: refused },
    },
  },
  "/people/{id}/passkeys/{credential_id}": {
    delete: {
      summary: "Revoke a passkey at once, or discard one that waits; admins, and whose it is",
      security,
      requestParams: { path: idAndCredential },
      responses: { 204: { description: "Revoked." }, default: refused },
    },
  },
  "/people/{id}/roles": {
    put: {
      summary: "Change somebody's roles and groups, with admins' signatures",
      security,
      requestParams: { path: id },
      requestBody: body(rolesBody),
      responses: { 200: json("Changed.", z.looseObject({ roles, groups })), 202: awaiting, default: refused },
    },
  },
  "/invites": {
    get: {
      summary: "The newest invitations, without their codes",
      security,
      responses: { 200: json("The invitations.", listOf(invite)), default: refused },
    },
    post: {
      summary: "Invite somebody new, or somebody known to make another passkey",
      security,
      requestBody: body(inviteBody),
      responses: {
        201: json(
          "The link, which is shown only here, works once, and for a day.",
          z.looseObject({ id: z.string(), url: z.string(), expires_at: time }),
        ),
        default: refused,
      },
    },
  },
  "/invites/{id}": {
    delete: {
      summary: "Withdraw an unused invitation",
      security,
      requestParams: { path: id },
      responses: { 204: { description: "Withdrawn." }, default: refused },
    },
  },
};
