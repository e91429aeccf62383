/**
 * Pages in a real browser as the service would send them, without the service: each test decides what data a page is made
 * from, what its script is answered, and what happens in between. Not in scope: whether the service sends what it should.
 */
import { generateKeyPairSync } from "node:crypto";
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Context, Hono } from "hono";
import type { Page, Request, Route } from "playwright-core";
import { fromB64u } from "#countersign/encoding/bytes.ts";
import type { ApprovalPageData } from "#api/approval-page-data.ts";
import type { Session } from "#gate/approvals/beside/beside-request.ts";
import { ApprovalPage } from "#pages/approvals/approval-page.tsx";
import { PASSKEY_ID } from "../documents/approval-data.ts";
import { addVirtualAuthenticator, type VirtualAuthenticator } from "./chromium.ts";

/** Nothing listens there: every request is answered by the test. */
export const ORIGIN = "http://localhost:4711";

const BUILT = fileURLToPath(new URL("../../../dist/browser", import.meta.url));
const TYPES: Readonly<Record<string, string>> = { ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
};

/** What a request to the service is answered; undefined leaves it unanswered. */
export type Answer = (path: string, request: Request) => Answered | undefined | Promise<Answered>;
type Answered = { status?: number } & ({ json: unknown } | { html: string });

async function answerWith(route: Route, html: () => Promise<string>, answer: Answer): Promise<void> {
  const request = route.request();
  const { pathname, search } = new URL(request.url());
  if (pathname.startsWith("/assets/")) {
    return route.fulfill({ body: await readFile(join(BUILT, pathname)), contentType: TYPES[extname(pathname)] ?? "" });
  }
  if (request.isNavigationRequest())
    return route.fulfill({ body: await html(), contentType: "text/html; charset=utf-8", headers: HEADERS });
  const answered = await answer(`${pathname}${search}`, request);
  if (answered === undefined) return;
  const { status = 200 } = answered;
  if ("json" in answered) return route.fulfill({ status, json: answered.json });
  await route.fulfill({ status, body: answered.html, contentType: "text/html; charset=utf-8" });
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
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await page.route("**/*", (route) => answerWith(route, () => htmlOf(document), answer));
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
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await page.route("**/*", (route) => answerWith(route, async () => change(await approvalHtml(data, session)), answer));
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
