/** The routes of /api/v1 that people call: agents, people, invitations. */
import * as z from "zod/mini";
import { body, json, named, people as security, refused, stopTokens } from "./openapi-parts.ts";
import { agentDetail, agentsQuery } from "../agents/agent-data.ts";
import {
  agentItem,
  changedAgent,
  changedRoles,
  confirmedPasskey,
  erasedPerson,
  inviteItem,
  madeAgent,
  madeInvite,
  me,
  personItem,
  proposedAgent,
  proposedChange,
  proposedRelease,
  proposedRotation,
  releasedStop,
  rotatedKey,
  sentTest,
  signatureCount,
  stopsNow,
} from "../people-data.ts";
import { peopleList, peopleQuery, personDetail } from "../people/person-data.ts";
import { sessionPaths } from "./openapi-sessions.ts";
import {
  agentBody,
  agentChangeBody,
  agentKeyBody,
  confirmBody,
  erasureBody,
  inviteBody,
  releaseBody,
  rolesBody,
  stopByTokenBody,
} from "../people-schemas.ts";

const listOf = (item: z.ZodMiniType, more = {}) => z.looseObject({ items: z.array(item), next_cursor: z.optional(z.string()), ...more });

const awaiting = json("Signed, and another admin has to sign as well.", named(signatureCount, "SignatureCount"));
named(personItem, "Person");
const invite = named(inviteItem, "Invite");
const agent = named(agentItem, "Agent");

const id = z.object({ id: z.string() });
const idAndCredential = z.object({ id: z.string(), credential_id: z.string() });

export const peoplePaths = {
  "/me": {
    get: {
      summary: "Who is signed in, with their passkeys and sessions",
      security,
      responses: { 200: json("The person.", me), default: refused },
    },
  },
  "/agents": {
    get: {
      summary: "Every agent, revoked ones too, and those that lack an admin's signature; in pages, if anything is asked for",
      security,
      requestParams: { query: agentsQuery },
      responses: {
        200: json(
          "The agents.",
          listOf(agent, {
            waiting: z.array(proposedAgent),
            changes: z.array(proposedChange),
            releases: z.array(proposedRelease),
            rotations: z.array(proposedRotation),
          }),
        ),
        default: refused,
      },
    },
    post: {
      summary: "Make an agent, with admins' signatures",
      security,
      requestBody: body(agentBody),
      responses: {
        201: json("The agent and its key, which is shown only here.", madeAgent),
        202: awaiting,
        default: refused,
      },
    },
  },
  "/agents/{id}": {
    get: {
      summary: "One agent: its keys, what it did lately, and what lacks an admin's signature; admins and auditors",
      security,
      requestParams: { path: id },
      responses: { 200: json("The agent.", named(agentDetail, "AgentDetail")), default: refused },
    },
    put: {
      summary: "Change an agent's groups, with admins' signatures",
      security,
      requestParams: { path: id },
      requestBody: body(agentChangeBody),
      responses: { 200: json("Changed.", changedAgent), 202: awaiting, default: refused },
    },
    delete: {
      summary: "Revoke an agent at once",
      security,
      requestParams: { path: id },
      responses: { 204: { description: "Revoked." }, default: refused },
    },
  },
  "/agents/{id}/keys": {
    post: {
      summary: "Give an agent another key, with admins' signatures; the one before serves for as long after that as is said",
      security,
      requestParams: { path: id },
      requestBody: body(agentKeyBody),
      responses: { 201: json("The key, which is shown only here.", rotatedKey), 202: awaiting, default: refused },
    },
  },
  "/agents/{id}/keys/{key}": {
    delete: {
      summary: "End a key at once that was replaced, named by how it begins or by its number",
      security,
      requestParams: { path: z.object({ id: z.string(), key: z.string() }) },
      responses: { 204: { description: "It opens nothing any more." }, default: refused },
    },
  },
  "/agents/{id}/test-request": {
    post: {
      summary: "Send oneself a test request in an agent's name: nothing comes of it, whatever is decided",
      security,
      requestParams: { path: id },
      responses: {
        200: json("The one that is open still.", sentTest),
        201: json("The request.", sentTest),
        default: refused,
      },
    },
  },
  "/agents/{id}/stop": {
    post: {
      summary: "Stop an agent until admins release it; approvers and admins. What it has asked for before serves for nothing any more",
      security,
      requestParams: { path: id },
      responses: { 204: { description: "Stopped: no call of it that asks, waits or redeems is answered any more." }, default: refused },
    },
  },
  "/agents/{id}/release": {
    post: {
      summary: "Release an agent's stop, with admins' signatures",
      security,
      requestParams: { path: id },
      requestBody: body(releaseBody),
      responses: { 200: json("Released.", releasedStop), 202: awaiting, default: refused },
    },
  },
  "/stop": {
    get: {
      summary: "What is stopped, since when and by whom",
      security,
      responses: { 200: json("The stops in force.", stopsNow), default: refused },
    },
    post: {
      summary: "Stop every agent until admins release it",
      security,
      responses: { 204: { description: "Stopped: no call that asks, waits or redeems is answered any more." }, default: refused },
    },
  },
  "/stop-by-token": {
    post: {
      summary: "Stop an agent, or every agent (null), with a stop token as the bearer token; its owner has to be allowed to",
      security: stopTokens,
      requestBody: body(stopByTokenBody),
      responses: { 204: { description: "Stopped." }, default: refused },
    },
  },
  "/release": {
    post: {
      summary: "Release the stop of everything, with admins' signatures",
      security,
      requestBody: body(releaseBody),
      responses: { 200: json("Released.", releasedStop), 202: awaiting, default: refused },
    },
  },
  "/people": {
    get: {
      summary: "People by username, with their passkeys, and what waits for signatures",
      security,
      requestParams: { query: peopleQuery },
      responses: { 200: json("Everybody, or a page of at most 50, and all of whom something waits.", peopleList), default: refused },
    },
  },
  "/people/{id}": {
    get: {
      summary: "One person: passkeys, sessions, out of office, how they are reached, and what they decided lately",
      security,
      requestParams: { path: id },
      responses: { 200: json("The person.", personDetail), default: refused },
    },
  },
  ...sessionPaths,
  "/people/{id}/passkeys/{credential_id}/confirm": {
    post: {
      summary: "Confirm a passkey that waits, with admins' signatures over its public key",
      security,
      requestParams: { path: idAndCredential },
      requestBody: body(confirmBody),
      responses: { 200: json("Confirmed.", confirmedPasskey), 202: awaiting, default: refused },
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
      responses: { 200: json("Changed.", changedRoles), 202: awaiting, default: refused },
    },
  },
  "/people/{id}/erasure": {
    post: {
      summary: "Erase somebody who can do nothing here any more, for ever, with admins' signatures",
      security,
      requestParams: { path: id },
      requestBody: body(erasureBody),
      responses: { 200: json("Erased: records that name the person follow.", erasedPerson), 202: awaiting, default: refused },
    },
  },
  "/signatures/{operation}": {
    delete: {
      summary: "Take back one's own signature that waits for another admin's",
      security,
      requestParams: { path: z.object({ operation: z.string() }) },
      responses: { 204: { description: "Taken back." }, default: refused },
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
        201: json("The link, which is shown only here, works once, and for a day.", madeInvite),
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
