/** The routes of /api/v1 for MCP servers behind the gate. */
import * as z from "zod/mini";
import { body, json, named, people as security, refused } from "./openapi-parts.ts";
import { awaitingGrant, begunConnection, connectableServers, connectedGrant, ownGrantBody } from "../servers/connection-data.ts";
import {
  awaitingServer,
  madeServer,
  refreshedServer,
  serverBody,
  serverItem,
  serverList,
  toolItem,
  toolList,
} from "../servers/server-data.ts";

const requestParams = { path: z.object({ name: z.string() }) };
named(serverItem, "Server");
named(toolItem, "ServerTool");
const signed = {
  202: json("Signed, and another admin has to sign as well.", awaitingServer),
  default: refused,
};

export const serverPaths = {
  "/servers": {
    get: {
      summary: "Every MCP server behind the gate, and what lacks an admin's signature",
      security,
      responses: { 200: json("The servers.", serverList), default: refused },
    },
    post: {
      summary: "Add a server, with admins' signatures over its settings and its sealed credential",
      security,
      requestBody: body(serverBody),
      responses: { 201: json("It is there; nothing of it may be used until it is accepted.", madeServer), ...signed },
    },
  },
  "/servers/{name}": {
    get: {
      summary: "One server, and how it does",
      security,
      requestParams,
      responses: { 200: json("The server.", serverItem), default: refused },
    },
    put: {
      summary: "Change a server's address, authentication, credential, features or limits, with admins' signatures",
      security,
      requestParams,
      requestBody: body(serverBody),
      responses: { 200: json("It is changed.", madeServer), ...signed },
    },
    delete: {
      summary: "Remove a server and its credential",
      security,
      requestParams,
      responses: { 204: { description: "Removed, or was before." }, default: refused },
    },
  },
  "/servers/{name}/tools": {
    get: {
      summary: "Its tools: what was accepted, what it lists now, what differs, and which rules gate each",
      security,
      requestParams,
      responses: { 200: json("The tools.", toolList), default: refused },
    },
    post: {
      summary: "Accept tools by their pins, with admins' signatures over all that may be used of the server",
      security,
      requestParams,
      requestBody: body(serverBody),
      responses: { 200: json("These may be used.", madeServer), ...signed },
    },
  },
  "/servers/{name}/tools/refresh": {
    post: {
      summary: "List the server again",
      security,
      requestParams,
      responses: { 200: json("How it went: a server that is away is no refusal.", refreshedServer), default: refused },
    },
  },
  "/servers/{name}/credential": {
    put: {
      summary: "Give a server a credential, with admins' signatures over its sealed value",
      security,
      requestParams,
      requestBody: body(serverBody),
      responses: { 200: json("It is kept.", madeServer), ...signed },
    },
    delete: {
      summary: "Take a server's credential away",
      security,
      requestParams,
      responses: { 204: { description: "It is gone, or was before." }, default: refused },
    },
  },
  "/servers/{name}/connect": {
    post: {
      summary: "Begin to connect a server that is called as somebody: where the person's browser goes, in this very session",
      security,
      requestParams,
      responses: { 200: json("The address at the issuer.", begunConnection), default: refused },
    },
  },
  "/servers/{name}/grants": {
    post: {
      summary: "Have all agents call it by what an admin brought back from the issuer, with admins' signatures (docs/formats.md)",
      security,
      requestParams,
      requestBody: body(serverBody),
      responses: {
        201: json("It is connected.", connectedGrant),
        202: json("Signed, and another admin has to sign as well.", awaitingGrant),
        default: refused,
      },
    },
  },
  "/servers/{name}/grants/{id}": {
    delete: {
      summary: "Disconnect it: one's own grant, or as an admin anybody's; it is given back to the issuer",
      security,
      requestParams: { path: z.object({ name: z.string(), id: z.string() }) },
      responses: { 204: { description: "Nothing is called by it any more." }, default: refused },
    },
  },
  "/me/servers": {
    get: {
      summary: "Servers that one may connect, and how they are",
      security,
      responses: { 200: json("The servers.", connectableServers), default: refused },
    },
  },
  "/me/servers/{name}/grants": {
    post: {
      summary: "Have one's own agents call it by what one brought back from the issuer, with one's own signature (docs/formats.md)",
      security,
      requestParams,
      requestBody: body(ownGrantBody),
      responses: { 201: json("It is connected.", connectedGrant), default: refused },
    },
  },
};
