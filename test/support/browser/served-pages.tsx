/**
 * Pages in a real browser as the service would send them, without the service: each test decides what data a page is made
 * from, what its script is answered, and what happens in between. Not in scope: whether the service sends what it should.
 */
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { text as textOf } from "node:stream/consumers";
import { type Context, Hono } from "hono";
import type { Page } from "playwright-core";
import { fromB64u } from "#countersign/encoding/bytes.ts";
import type { ApprovalPageData } from "#api/approval-page-data.ts";
import type { Session } from "#gate/approvals/beside/beside-request.ts";
import { ApprovalPage } from "#pages/approvals/approval-page.tsx";
import { PASSKEY_ID } from "../documents/approval-data.ts";
import { addVirtualAuthenticator, type VirtualAuthenticator } from "./chromium.ts";

const BUILT = fileURLToPath(new URL("../../../dist/browser", import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".png": "image/png",
};
const HTML = "text/html; charset=utf-8";
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
};

/** What a page's script asked. */
export interface Asked {
  method(): string;
  /** Its body, read as JSON; null without one. */
  postDataJSON(): unknown;
}
/** What a request to the service is answered; undefined leaves it unanswered. */
export type Answer = (path: string, request: Asked) => Answered | undefined | Promise<Answered>;
type Answered = { status?: number } & ({ json: unknown } | { html: string });

/** What a page is made from, and what its script is answered. */
interface Served {
  html(): string | Promise<string>;
  answer: Answer;
}
/** By the header that each page's requests carry: several are open at a time. */
const PAGE_HEADER = "x-test-page";
const served = new Map<string, Served>();
const namesOfPages = new WeakMap<Page, string>();

async function answerRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, search } = new URL(request.url ?? "", ORIGIN);
  if (pathname.startsWith("/assets/")) {
    response.writeHead(200, { "content-type": TYPES[extname(pathname)] ?? "", "cache-control": "max-age=3600" });
    response.end(await readFile(join(BUILT, pathname)));
    return;
  }
  const page = served.get(String(request.headers[PAGE_HEADER]));
  if (page === undefined) return;
  if (request.headers["sec-fetch-mode"] === "navigate") {
    response.writeHead(200, { ...HEADERS, "content-type": HTML, "cache-control": "no-store" }).end(await page.html());
    return;
  }
  const body = await textOf(request);
  const asked: Asked = { method: () => request.method ?? "", postDataJSON: () => (body === "" ? null : (JSON.parse(body) as unknown)) };
  const answered = await page.answer(`${pathname}${search}`, asked);
  if (answered === undefined) return;
  const [type, text] = "json" in answered ? ["application/json", JSON.stringify(answered.json)] : [HTML, answered.html];
  response.writeHead(answered.status ?? 200, { "content-type": type, "cache-control": "no-store" }).end(text);
}

/**
 * Where the pages are. A server and not the browser's interception: with that, each request of a page waits for this process twice, and a
 * page that is being left when it is given up may wait for ever.
 */
const server = createServer((request, response) => {
  answerRequest(request, response).catch((error: unknown) => response.destroy(error as Error));
});
server.listen(0, "127.0.0.1").unref();
await once(server, "listening");
export const ORIGIN = `http://localhost:${(server.address() as AddressInfo).port}`;

/** From now on the page is given this, by its requests from then on. */
async function serve(page: Page, what: Served): Promise<void> {
  const known = namesOfPages.get(page);
  const name = known ?? String(served.size);
  served.set(name, what);
  if (known !== undefined) return;
  namesOfPages.set(page, name);
  await page.setExtraHTTPHeaders({ [PAGE_HEADER]: name });
}

/** A page's whole document, as `<ThePage … />` gives it. */
export type PageDocument = Parameters<Context["html"]>[0];

/** The HTML of a page, as hono sends it. */
async function htmlOf(document: PageDocument): Promise<string> {
  const app = new Hono().get("/", (c) => c.html(document));
  return (await app.request("/")).text();
}

/** The HTML of the approval page. */
export const approvalHtml = (data: ApprovalPageData, session?: Session): Promise<string> =>
  htmlOf(<ApprovalPage data={data} {...(session && { session })} />);

/** Opens any page at `path`. */
export async function openPage(page: Page, path: string, document: PageDocument, answer: Answer = () => undefined): Promise<void> {
  await serve(page, { html: () => htmlOf(document), answer });
  await page.goto("about:blank");
  await page.goto(`${ORIGIN}${path}`);
}

/** Opens the approval page made from `data`, its HTML changed by `change` on the way. */
export async function openApproval(
  page: Page,
  data: ApprovalPageData,
  {
    answer = () => undefined,
    change = (html) => html,
    session,
  }: { answer?: Answer; change?: (html: string) => string | Promise<string>; session?: Session } = {},
): Promise<void> {
  await serve(page, { html: async () => change(await approvalHtml(data, session)), answer });
  await page.goto(`${ORIGIN}/a/${data.request.id}`);
}

/** An authenticator that holds the passkey of approval-data.ts. */
export async function withPasskey(page: Page): Promise<VirtualAuthenticator> {
  const authenticator = await addVirtualAuthenticator(page);
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  await authenticator.addCredential({
    credentialId: Buffer.from(fromB64u(PASSKEY_ID) ?? []).toString("base64"),
    isResidentCredential: true,
    privateKey: privateKey.export({ type: "pkcs8", format: "der" }).toString("base64"),
    signCount: 0,
    rpId: new URL(ORIGIN).hostname,
    userHandle: Buffer.from("usr_alex").toString("base64"),
  });
  return authenticator;
}
