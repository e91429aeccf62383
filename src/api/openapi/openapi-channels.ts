/** The routes of /api/v1 for channels and messages. */
import * as z from "zod/mini";
import { body, json, named, people as security, refused } from "./openapi-parts.ts";
import {
  awaitingChannel,
  channelBody,
  channelItem,
  channelList,
  madeChannel,
  messageItem,
  messageList,
  messagesQuery,
  replayBody,
  replayedMessages,
  testedChannel,
} from "../channel-data.ts";

const requestParams = { path: z.object({ id: z.string() }) };
named(channelItem, "Channel");
named(messageItem, "Message");
const signed = {
  202: json("Signed, and another admin has to sign as well.", awaitingChannel),
  default: refused,
};
const tested = { 200: json("How it went: a test that was not accepted is no refusal.", testedChannel), default: refused };

export const channelPaths = {
  "/channels": {
    get: {
      summary: "Every channel, and what lacks an admin's signature",
      security,
      responses: { 200: json("The channels.", channelList), default: refused },
    },
    post: {
      summary: "Add a channel, with admins' signatures over its settings and its sealed credential",
      security,
      requestBody: body(channelBody),
      responses: { 201: json("It is there, and waits for a test.", madeChannel), ...signed },
    },
  },
  "/channels/{id}": {
    put: {
      summary: "Change a channel or its credential, with admins' signatures",
      security,
      requestParams,
      requestBody: body(channelBody),
      responses: { 200: json("It is changed.", madeChannel), ...signed },
    },
    delete: {
      summary: "Remove a channel, its credential and everybody's addresses on it",
      security,
      requestParams,
      responses: { 204: { description: "Removed, or was before." }, default: refused },
    },
  },
  "/channels/{id}/test": {
    post: { summary: "Send a test; the first that is accepted makes the channel active", security, requestParams, responses: tested },
  },
  "/channels/{id}/enable": {
    post: { summary: "Send a test, and use the channel again if it is accepted", security, requestParams, responses: tested },
  },
  "/channels/{id}/replay": {
    post: {
      summary: "Send a webhook again what it was told, from a moment on",
      security,
      requestParams,
      requestBody: body(replayBody),
      responses: { 202: json("They wait to be sent, under the same ids.", replayedMessages), default: refused },
    },
  },
  "/messages": {
    get: {
      summary: "Messages, the newest first",
      security,
      requestParams: { query: messagesQuery },
      responses: { 200: json("The messages.", messageList), default: refused },
    },
  },
  "/messages/{id}/resend": {
    post: {
      summary: "Send a message again, under the same id",
      security,
      requestParams,
      responses: { 204: { description: "It waits to be sent." }, default: refused },
    },
  },
};
