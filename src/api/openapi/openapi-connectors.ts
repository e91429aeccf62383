/** The routes of /api/v1 for connectors. */
import * as z from "zod/mini";
import { connectorBody, connectorItem, connectorList, madeConnector, ownConnector } from "../connectors/connector-data.ts";
import { signatureCount } from "../people-data.ts";
import { body, json, named, people as security, refused } from "./openapi-parts.ts";

named(connectorItem, "Connector");

export const connectorPaths = {
  "/connectors": {
    get: {
      summary: "Every connector, revoked ones too, and what lacks an admin's signature",
      security,
      responses: { 200: json("The connectors.", connectorList), default: refused },
    },
    post: {
      summary: "Make a connector, with admins' signatures over its name and its server's",
      security,
      requestBody: body(connectorBody),
      responses: {
        201: json("It is made. Its key is here and nowhere else.", madeConnector),
        202: json("Signed, and another admin has to sign as well.", signatureCount),
        default: refused,
      },
    },
  },
  "/connectors/{id}": {
    delete: {
      summary: "Revoke a connector: its key opens nothing any more, and whoever is connected is cut off",
      security,
      requestParams: { path: z.object({ id: z.string() }) },
      responses: { 204: { description: "Revoked, or was before." }, default: refused },
    },
  },
  "/connectors/{name}/line": {
    get: {
      summary:
        "For `countersign connect`, with the connector's key: asked to upgrade to a WebSocket it opens its line, otherwise it says whose key it is",
      security: [{ bearer: [] }],
      requestParams: { path: z.object({ name: z.string() }) },
      responses: {
        101: { description: "The line is open; the one before, if any, is closed." },
        200: json("Whose key it is.", ownConnector),
        default: refused,
      },
    },
  },
};
