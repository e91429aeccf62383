/** Opens a scene in a real browser: signed in as who plays in it, with their passkey, and played until it stands. */
import { createPrivateKey } from "node:crypto";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { addVirtualAuthenticator, type VirtualAuthenticator } from "#test/support/browser/chromium.ts";
import type { Person } from "#test/support/service/person.ts";
import type { Player, Stage, Stand } from "./stage.ts";

/** A page in a state, as a reader finds it. */
export interface Scene {
  name: string;
  /** Nobody, if left out. */
  as?: Player;
  path: string | ((stage: Stage) => string | Promise<string>);
  /** What is particular about the browser. */
  browser?: { javaScriptEnabled?: false; userAgent?: string };
  /** A script that runs before the page's own. */
  before?: string;
  /** What is done there until it stands as it is to be seen, and by what one knows that it does. */
  play?: (open: OpenScene, stage: Stage) => Promise<unknown>;
}

export interface OpenScene {
  page: Page;
  context: BrowserContext;
  authenticator: VirtualAuthenticator;
}

const standardBase64 = (b64u: string): string => Buffer.from(b64u, "base64url").toString("base64");

/** The passkey as an authenticator of the browser takes it over. */
export async function lendPasskey(authenticator: VirtualAuthenticator, { passkey }: Person, rpId: string): Promise<void> {
  const { private_key: key, credential_id: id, person } = await passkey.keep();
  await authenticator.addCredential({
    credentialId: standardBase64(id),
    isResidentCredential: true,
    privateKey: createPrivateKey({ key: { ...key }, format: "jwk" })
      .export({ type: "pkcs8", format: "der" })
      .toString("base64"),
    // It counts up from here, and what follows has to count on from wherever this one came to.
    signCount: Math.trunc(Date.now() / 10) % 2 ** 31,
    rpId,
    userHandle: Buffer.from(person).toString("base64"),
  });
}

/** The cookie of a person's session, as a browser keeps it. */
export function sessionCookie({ cookie }: Person, origin: string) {
  const [name = "", value = ""] = cookie.split(/=(.*)/s);
  // The browser takes a secure cookie of localhost from an address that is, and sends it to one that is not.
  return { name, value, url: origin.replace("http:", "https:"), httpOnly: true, secure: true, sameSite: "Lax" as const };
}

/** A page as `who` has it open. */
export async function pageOf(
  browser: Browser,
  { origin }: Pick<Stand, "origin">,
  who: Person | null,
  scene: Pick<Scene, "browser" | "before"> = {},
): Promise<OpenScene> {
  const context = await browser.newContext({
    viewport: { width: 390, height: 844 },
    colorScheme: "light",
    reducedMotion: "reduce",
    ...scene.browser,
  });
  if (who !== null) await context.addCookies([sessionCookie(who, origin)]);
  const page = await context.newPage();
  const authenticator = await addVirtualAuthenticator(page);
  if (who !== null) await lendPasskey(authenticator, who, new URL(origin).hostname);
  if (scene.before !== undefined) await page.addInitScript(scene.before);
  return { page, context, authenticator };
}

/** Opens it, and plays it until it stands. Whoever looked closes its context. */
export async function openScene(browser: Browser, stage: Stage, scene: Scene): Promise<OpenScene> {
  const open = await pageOf(browser, stage, scene.as === undefined ? null : stage.people[scene.as], scene);
  const path = typeof scene.path === "string" ? scene.path : await scene.path(stage);
  await open.page.goto(new URL(path, stage.origin).href);
  await scene.play?.(open, stage);
  return open;
}
