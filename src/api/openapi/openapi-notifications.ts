/** The routes of /api/v1 by which a person says how they are told. */
import * as z from "zod/mini";
import { addedContact, givenDelegation, ownNotifications, personSettings, testMessage } from "../notifications/notification-data.ts";
import { contactBody, contactCodeBody, delegationBody, personSettingsBody } from "../notifications/notification-schemas.ts";
import { body, json, people as security, refused } from "./openapi-parts.ts";

const requestParams = { path: z.object({ id: z.string() }) };
const gone = (description: string) => ({ 204: { description }, default: refused });

export const notificationPaths = {
  "/me/notifications": {
    get: {
      summary: "Where and when one is told of requests, and who is told in one's place",
      security,
      responses: { 200: json("All of it.", ownNotifications), default: refused },
    },
    put: {
      summary: "Set the order of channels, the minutes between them, and quiet hours",
      security,
      requestBody: body(personSettingsBody),
      responses: { 200: json("As they are now.", personSettings), default: refused },
    },
  },
  "/me/contacts": {
    post: {
      summary: "Add a device (its push subscription), an e-mail address or a Slack member ID; the same again is the same one",
      security,
      requestBody: body(contactBody),
      responses: {
        201: json("Told from now on; or this address was confirmed already.", addedContact),
        202: json("A code was sent there, and has to come back within 15 minutes.", addedContact),
        default: refused,
      },
    },
  },
  "/me/contacts/{id}/confirm": {
    post: {
      summary: "Confirm an address with the code that was sent there",
      security,
      requestParams,
      requestBody: body(contactCodeBody),
      responses: gone("Confirmed."),
    },
  },
  "/me/contacts/{id}/test": {
    post: {
      summary: "Send a test to a device or address of one's own",
      security,
      requestParams,
      responses: { 202: json("The message, which is on its way.", testMessage), default: refused },
    },
  },
  "/me/contacts/{id}": {
    delete: { summary: "Remove a device or address of one's own", security, requestParams, responses: gone("Removed.") },
  },
  "/me/delegations": {
    post: {
      summary: "Be out of office: for a time somebody else is told, with one's own signature (docs/formats.md)",
      security,
      requestBody: body(delegationBody),
      responses: { 201: json("Given.", givenDelegation), default: refused },
    },
  },
  "/me/delegations/{id}": {
    delete: { summary: "End a time out of office of one's own", security, requestParams, responses: gone("Ended.") },
  },
};
