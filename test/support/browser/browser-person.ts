/** A person at a browser of their own, with a passkey of their own, doing what people do on the pages. */
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { addVirtualAuthenticator, type VirtualAuthenticator } from "./chromium.ts";

/** What the browser writes when the service refuses something, which a test may well want. */
const REFUSED = /Failed to load resource: the server responded with a status of 4\d\d/;

/** Scrolls over the open page to its end, fast and without a leap. */
export async function readThrough(page: Page): Promise<void> {
  const { height, step } = await page.evaluate(() => ({ height: document.documentElement.scrollHeight, step: innerHeight / 2 }));
  for (let scrolled = 0; scrolled < height; scrolled += step) {
    await page.mouse.wheel(0, step);
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  }
}

export class BrowserPerson {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly authenticator: VirtualAuthenticator;
  readonly origin: string;
  /** Whatever the browser complained about, refusals aside. */
  readonly complaints: string[] = [];

  private constructor(context: BrowserContext, page: Page, authenticator: VirtualAuthenticator, origin: string) {
    this.context = context;
    this.page = page;
    this.authenticator = authenticator;
    this.origin = origin;
    page.on("console", (message) => {
      if (message.type() === "error" && !REFUSED.test(message.text())) this.complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.complaints.push(error.message));
  }

  /** A browser that knows nobody, with an authenticator that holds nothing; or one where `signedInAs` is signed in. */
  static async at(browser: Browser, origin: string, signedInAs?: BrowserPerson): Promise<BrowserPerson> {
    const context = await browser.newContext({
      viewport: { width: 390, height: 844 },
      ...(signedInAs === undefined ? {} : { storageState: await signedInAs.context.storageState() }),
    });
    const page = await context.newPage();
    return new BrowserPerson(context, page, await addVirtualAuthenticator(page), origin);
  }

  button(name: string): Locator {
    return this.page.getByRole("button", { name, exact: true });
  }

  textbox(name: string): Locator {
    return this.page.getByRole("textbox", { name, exact: true });
  }

  async open(path: string): Promise<void> {
    await this.page.goto(new URL(path, this.origin).href);
  }

  /** Enrols with the printed link, as the first person; then signed in. */
  async enrolFirst(setupToken: string, username: string, displayName: string): Promise<void> {
    await this.open(`/setup#${setupToken}`);
    await this.#makePasskey(username, displayName);
    await this.page.waitForURL(`${this.origin}/`);
  }

  /** Makes a passkey with an invite's link; gives the digits that are shown for it. */
  async join(link: string, username: string, displayName: string): Promise<string> {
    await this.page.goto(link);
    await this.#makePasskey(username, displayName);
    await this.page.waitForURL(`${this.origin}/enrol/waiting`);
    return this.digits();
  }

  async #makePasskey(username: string, displayName: string): Promise<void> {
    await this.textbox("Username").fill(username);
    await this.textbox("Display name").fill(displayName);
    await this.button("Create passkey").click();
  }

  /** The digits of the one passkey that is shown to compare. */
  async digits(): Promise<string> {
    return (await this.page.locator(".words").textContent()) ?? "";
  }

  /** Opens the first page and tries to sign in; tells whether that did. */
  async signIn(): Promise<boolean> {
    await this.open("/");
    await this.button("Sign in with passkey").click();
    const inside = this.page.getByRole("navigation", { name: "Main" });
    await inside.or(this.page.getByRole("alert")).first().waitFor();
    return inside.isVisible();
  }

  /** Invites somebody, as an admin; gives the link. */
  async invite(username: string, roles: readonly ("Approver" | "Admin" | "Auditor")[], groups = ""): Promise<string> {
    await this.open("/admin/people");
    await this.textbox("Username").fill(username);
    for (const role of roles) await this.page.getByRole("checkbox", { name: role, exact: true }).check();
    await this.textbox("Groups").fill(groups);
    await this.button("Invite").click();
    return this.inviteLink(`Invite for ${username}`);
  }

  /** The link of the invite that was just made. */
  async inviteLink(title: string): Promise<string> {
    await this.page.getByRole("heading", { name: title, exact: true }).waitFor();
    return (await this.page.locator("#invite-link").textContent()) ?? "";
  }

  /** Confirms the waiting passkey of `username`, as an admin who was read these digits; gives what the page says then. */
  async confirm(username: string, digits: string): Promise<string> {
    await this.open("/admin/people");
    const card = this.page.getByRole("listitem").filter({ has: this.button(`Confirm passkey of ${username}`) });
    const shown = await card.locator(".words").textContent();
    if (shown !== digits) throw new Error(`the admin is shown ${shown ?? "nothing"}, the owner ${digits}`);
    await this.button(`Confirm passkey of ${username}`).click();
    return this.said();
  }

  /** What the page says of what was just done. */
  async said(): Promise<string> {
    const done = this.page.getByRole("status");
    await done.filter({ hasText: /\S/ }).waitFor();
    return done.innerText();
  }

  /** Opens an approval and reads it to its end. */
  async openApproval(url: string): Promise<void> {
    await this.page.goto(url);
    await this.page.getByText("Display verified").waitFor();
    await readThrough(this.page);
  }

  /** What the open approval says of itself, once it says that. */
  async status(text: string): Promise<void> {
    await this.page.getByRole("status").getByText(text, { exact: true }).waitFor();
  }

  /** Picks a number on the open approval. */
  pick(number: string): Promise<void> {
    return this.page.getByRole("group", { name: "Number that the agent shows" }).getByRole("button", { name: number, exact: true }).click();
  }

  /** Decides the open approval. */
  async decide(verdict: "Approve" | "Deny", then: string): Promise<void> {
    await this.button(`${verdict} with passkey`).click();
    await this.status(then);
  }
}
