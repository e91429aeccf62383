/** Adding, changing and removing servers and accepting their tools, as the page of admins does it. */
import { env } from "cloudflare:workers";
import type { ServerItem, ToolItem } from "#api/servers/server-data.ts";
import type { AdminStatement } from "#countersign/documents/ceremony.ts";
import type { ServerInForce } from "#rules/calls/server-settings.ts";
import { serversNow } from "#storage/servers/in-force.ts";
import type { ToldServer } from "#test/support/channels/receiver-behaviour.ts";
import { receivers } from "../channels/receivers.ts";
import { given } from "../invited.ts";
import { authorise, call, type Call, type Someone } from "../people.ts";

type Settings = Call["settings"];
const withSettings = (settings: Settings) => (settings === undefined ? {} : { settings });

export const TOLD = "told.mcp.example.com";
export const tellServer = (orders: ToldServer): Promise<void> => receivers.tell(TOLD, orders);
export const tool = (name: string, more: object = {}): string =>
  JSON.stringify({ name, description: `Does ${name}.`, inputSchema: { type: "object" }, ...more });

export const SERVER = { name: "tickets", url: `https://${TOLD}/mcp`, authentication: { kind: "none" } } as const;

/** `POST /admin/servers/statement`. */
export const askServerDraft = ({ cookie }: Someone, body: object, settings?: Settings): Promise<Response> =>
  call("POST", "/admin/servers/statement", { cookie, body, ...withSettings(settings) });

export const draftOfServer = async (admin: Someone, body: object, settings?: Settings): Promise<AdminStatement> =>
  (await given<{ statement: AdminStatement }>(await askServerDraft(admin, body, settings))).statement;

/** Where signatures under a statement go. */
export function sendSigned(
  { cookie }: Someone,
  { operation, parameters }: AdminStatement,
  authorisation: unknown,
  settings?: Settings,
): Promise<Response> {
  const { name } = parameters["server"] as { name: string };
  const there = `/api/v1/servers/${name}`;
  const [method, path] =
    operation === "server.added"
      ? ["POST", "/api/v1/servers"]
      : operation === "tools.accepted"
        ? ["POST", `${there}/tools`]
        : ["PUT", there];
  return call(method ?? "", path ?? "", { cookie, body: { authorisation }, ...withSettings(settings) });
}

/** An admin drafts and signs. Gives the answer, and what was signed. */
export async function signServer(
  admin: Someone,
  body: object,
  settings?: Settings,
): Promise<{ statement: AdminStatement; answer: Response }> {
  const statement = await draftOfServer(admin, body, settings);
  return { statement, answer: await sendSigned(admin, statement, await authorise(admin.passkey, statement), settings) };
}

/** A server that is added, alone. Gives its id. */
export async function addedServer(admin: Someone, more: object = {}): Promise<string> {
  const { answer } = await signServer(admin, { draft: "add", ...SERVER, ...more });
  return (await given<{ id: string }>(answer, 201)).id;
}

export const serversOfGate = async ({ cookie }: Someone): Promise<ServerItem[]> =>
  (await given<{ items: ServerItem[] }>(await call("GET", "/api/v1/servers", { cookie }))).items;

export const toolsOf = async ({ cookie }: Someone, name: string = SERVER.name): Promise<ToolItem[]> =>
  (await given<{ items: ToolItem[] }>(await call("GET", `/api/v1/servers/${name}/tools`, { cookie }))).items;

export const refresh = async ({ cookie }: Someone, name: string = SERVER.name): Promise<{ listed: boolean; code: string | null }> =>
  given(await call("POST", `/api/v1/servers/${name}/tools/refresh`, { cookie, body: {} }));

/** The pins of what is listed and could be accepted. */
export const listedPins = async (admin: Someone, name: string = SERVER.name): Promise<{ name: string; pin: string }[]> =>
  (await toolsOf(admin, name)).flatMap(({ name: listed, listed: is }) => (is === null ? [] : [{ name: listed, pin: is.pin }]));

/** Everything that is listed is accepted, or just those names. */
export async function acceptedTools(admin: Someone, names: string[] | null = null, name: string = SERVER.name): Promise<Response> {
  const pins = (await listedPins(admin, name)).filter((one) => names === null || names.includes(one.name));
  return (await signServer(admin, { draft: "tools", server: name, tools: pins })).answer;
}

/** As calls are judged by it. */
export async function inForce(name: string = SERVER.name): Promise<ServerInForce> {
  const found = (await serversNow(env.DB)).servers.find(({ settings }) => settings.name === name);
  if (found === undefined) throw new Error(`no server ${name} is in force`);
  return found;
}
