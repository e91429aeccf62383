/** The routes of /api/v1 for sessions, and for the time out of office that an admin ends. */
import * as z from "zod/mini";
import { json, named, people as security, refused } from "./openapi-parts.ts";
import { endSessionsQuery, sessionItem, sessionList } from "../people/session-data.ts";

named(sessionItem, "Session");

const id = z.object({ id: z.string() });
const responses = { 204: { description: "Ended." }, default: refused };
const endOthers = "Sign out everywhere else: end every session of one's own but this one";
const endOne = { summary: "End a session of one's own", security, requestParams: { path: id }, responses };

export const sessionPaths = {
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
