/** The routes of /api/v1 for sessions, those of command lines too, and for the time out of office that an admin ends. */
import * as z from "zod/mini";
import { body, commandLines, json, named, people as security, refused } from "./openapi-parts.ts";
import {
  begunPairing,
  collectBody,
  collectedPairing,
  commandLineSession,
  confirmPairingBody,
  letInAnswer,
  pairingBody,
  pairingDraftBody,
} from "../people/pairing-data.ts";
import { endSessionsQuery, sessionItem, sessionList } from "../people/session-data.ts";

named(sessionItem, "Session");

const id = z.object({ id: z.string() });
const responses = { 204: { description: "Ended." }, default: refused };
const endOthers = "Sign out everywhere else: end every session of one's own but this one";
const endOne = { summary: "End a session of one's own", security, requestParams: { path: id }, responses };

const commandLinePaths = {
  "/command-line/pairings": {
    post: {
      summary: "A command line asks to be let in (RFC 8628); anybody",
      security: [],
      requestBody: body(pairingBody),
      responses: { 201: json("Its two codes.", begunPairing), default: refused },
    },
  },
  "/command-line/token": {
    post: {
      summary: "What became of it; whoever holds its device code",
      security: [],
      requestBody: body(collectBody),
      responses: { 200: json("Its session, once, as soon as somebody has let it in.", collectedPairing), default: refused },
    },
  },
  "/command-line": {
    get: {
      summary: "Whom a command line reads as",
      security: commandLines,
      responses: { 200: json("The person and the session.", commandLineSession), default: refused },
    },
    delete: { summary: "End the command line's own session", security: commandLines, responses },
  },
  "/me/command-lines": {
    post: {
      summary: "Let a command line in, signed by the person's passkey",
      security,
      requestBody: body(confirmPairingBody),
      responses: { 201: json("It may collect its session.", letInAnswer), default: refused },
    },
    delete: { summary: "Turn a command line away that asks", security, requestParams: { query: pairingDraftBody }, responses },
  },
};

export const sessionPaths = {
  ...commandLinePaths,
  "/sessions": {
    get: {
      summary: "One's own sessions, the one used last first",
      security,
      responses: { 200: json("Those that are not over.", sessionList), default: refused },
    },
    delete: { summary: `${endOthers}, or with all=true this one too`, security, requestParams: { query: endSessionsQuery }, responses },
  },
  "/sessions/{id}": { delete: endOne },
  "/me/sessions": { delete: { summary: endOthers, security, responses } },
  "/me/sessions/{id}": { delete: endOne },
  "/people/{id}/sessions": {
    get: {
      summary: "Somebody's sessions; admins, and auditors",
      security,
      requestParams: { path: id },
      responses: { 200: json("Those that are not over.", sessionList), default: refused },
    },
    delete: { summary: "Sign somebody out everywhere; admins", security, requestParams: { path: id }, responses },
  },
  "/people/{id}/delegations/{delegation}": {
    delete: {
      summary: "End somebody's time out of office: they are told again what is theirs; admins",
      security,
      requestParams: { path: z.object({ id: z.string(), delegation: z.string() }) },
      responses,
    },
  },
};
