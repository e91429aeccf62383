/** Connecting a server to an account at its issuer, as people's pages do it: there, back, and signed. */
import type { AdminStatement, OwnStatement } from "#countersign/documents/ceremony.ts";
import type { ConnectableServer } from "#api/servers/connection-data.ts";
import { ISSUER, type IssuerOrders, SERVER_HOST, type ServerOrders } from "#test/support/servers/oauth/issuer-orders.ts";
import { ownSignature } from "../channels/notifications.ts";
import { receivers } from "../channels/receivers.ts";
import { given } from "../invited.ts";
import { authorise, call, ORIGIN, type Someone } from "../people.ts";
import { signServer } from "./signed-servers.ts";

export const ISSUER_URL = `https://${ISSUER}`;
export const SERVER_URL = `https://${SERVER_HOST}/mcp`;

export const tellIssuer = (orders: IssuerOrders): Promise<void> => receivers.tell(ISSUER, orders);
export const tellAccounts = (orders: ServerOrders): Promise<void> => receivers.tell(SERVER_HOST, orders);

/** What an admin's page is told of the server and its issuer. */
export const askDiscovery = ({ cookie }: Someone, body: object = {}): Promise<Response> =>
  call("POST", "/admin/servers/discovery", { cookie, body: { url: SERVER_URL, register: true, ...body } });

export const AUTHENTICATION = {
  kind: "authorization_code",
  issuer: ISSUER_URL,
  authorization_endpoint: `${ISSUER_URL}/authorize`,
  token_endpoint: `${ISSUER_URL}/token`,
  registration_endpoint: `${ISSUER_URL}/register`,
  revocation_endpoint: `${ISSUER_URL}/revoke`,
  client_id: "gate-1",
  token_auth: "none",
  scope: "read",
  resource: SERVER_URL,
  grants: "shared",
} as const;

/** A server that is called as somebody. Gives its id. */
export async function addedAccounts(admin: Someone, more: object = {}): Promise<string> {
  const wanted = { draft: "add", name: "accounts", url: SERVER_URL, authentication: { ...AUTHENTICATION, ...more } };
  return (await given<{ id: string }>((await signServer(admin, wanted)).answer, 201)).id;
}

export const begin = ({ cookie }: Someone, name = "accounts"): Promise<Response> =>
  call("POST", `/api/v1/servers/${name}/connect`, { cookie, body: {} });

/** Where the person's browser was sent. */
export async function begun(person: Someone, name = "accounts"): Promise<URL> {
  return new URL((await given<{ authorization_url: string }>(await begin(person, name))).authorization_url);
}

/** What the issuer sends back with somebody who signed in as that account and said yes. */
export const answerOf = (there: URL, account: string): Record<string, string> => ({
  state: there.searchParams.get("state") ?? "",
  code: `${account}.${there.searchParams.get("code_challenge") ?? ""}`,
  iss: ISSUER_URL,
});

/** `at`: below the address that issuers share, that of one of them. */
export const comeBack = ({ cookie }: Someone, answer: Record<string, string>, at = ""): Promise<Response> =>
  call("GET", `/oauth/callback${at}?${new URLSearchParams(answer).toString()}`, { cookie, headers: { accept: "text/html" }, origin: null });

export const ownServers = async ({ cookie }: Someone): Promise<ConnectableServer[]> =>
  (await given<{ items: ConnectableServer[] }>(await call("GET", "/api/v1/me/servers", { cookie }))).items;

/** What waits to be signed for of the one server. */
export const waitingGrant = async (person: Someone): Promise<string> => (await ownServers(person))[0]?.waiting[0]?.id ?? "";

/** There and back. Gives the grant, which waits. */
export async function broughtBack(person: Someone, account: string): Promise<string> {
  const back = await comeBack(person, answerOf(await begun(person), account));
  if (back.status !== 303) throw new Error(`not connected: ${back.status} ${await back.text()}`);
  return waitingGrant(person);
}

export const draftShared = async ({ cookie }: Someone, grant: string, name = "accounts"): Promise<AdminStatement> => {
  const body = { server: name, grant };
  return (await given<{ statement: AdminStatement }>(await call("POST", "/admin/servers/connections/statement", { cookie, body })))
    .statement;
};

export const sendShared = ({ cookie }: Someone, authorisation: unknown, name = "accounts", settings = {}): Promise<Response> =>
  call("POST", `/api/v1/servers/${name}/grants`, { cookie, body: { authorisation }, settings });

export const draftOwn = async ({ cookie }: Someone, grant: string, name = "accounts"): Promise<OwnStatement> =>
  (await given<{ statement: OwnStatement }>(await call("POST", "/account/servers/statement", { cookie, body: { server: name, grant } })))
    .statement;

export const sendOwn = ({ cookie }: Someone, signature: unknown, name = "accounts"): Promise<Response> =>
  call("POST", `/api/v1/me/servers/${name}/grants`, { cookie, body: { signature } });

/** Signed for, by an admin for all. */
export async function signedShared(admin: Someone, grant: string, name = "accounts"): Promise<Response> {
  return sendShared(admin, await authorise(admin.passkey, await draftShared(admin, grant, name)), name);
}
/** Signed for, by the owner for their own agents. */
export const signedOwn = async (person: Someone, grant: string, name = "accounts"): Promise<Response> =>
  sendOwn(person, await ownSignature(person.passkey, await draftOwn(person, grant, name)), name);

export const disconnected = ({ cookie }: Someone, grant: string, name = "accounts"): Promise<Response> =>
  call("DELETE", `/api/v1/servers/${name}/grants/${grant}`, { cookie, origin: ORIGIN });

/** What the issuer was asked at that path, as forms. */
export const askedOfIssuer = async (path: string): Promise<Record<string, string>[]> =>
  (await receivers.requests(ISSUER)).filter((one) => one.path === path).map(({ body }) => Object.fromEntries(new URLSearchParams(body)));

/** What calls were made with, of tools. */
export const tokensCalledWith = async (): Promise<string[]> =>
  (await receivers.requests(SERVER_HOST))
    .filter(({ body }) => body.includes('"tools/call"'))
    .map(({ headers }) => headers["authorization"] ?? "");
