/**
 * A real Chromium for the browser tests, with a virtual authenticator in place of a person's passkey.
 * It comes out of an npm package and needs nothing else installed; `CHROMIUM_PATH` names another one.
 * Not in scope: what the tests do with it, and the service they open.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Browser, chromium, type Page } from "playwright-core";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const CACHE = join(ROOT, "node_modules", ".cache");

/** Writes the package's archives below TMPDIR. A process of its own, because the package asks the environment where to. */
const INFLATE = `
  import { inflate } from "@sparticuz/chromium";
  await Promise.all(process.argv.slice(1).map((archive) => inflate(archive)));
`;

const FONT_CONFIGURATION = (directory: string): string => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig><dir>${directory}/fonts</dir><cachedir>${directory}/font-cache</cachedir></fontconfig>
`;

/** The directory with Chromium, its libraries and fonts: unpacked whole under another name first, so never seen half done. */
async function unpackedChromium(): Promise<string> {
  const manifest = createRequire(import.meta.url)
    .resolve("@sparticuz/chromium")
    .replace(/build[\\/]index\.js$/, "package.json");
  const { version } = createRequire(import.meta.url)(manifest) as { version: string };
  const directory = join(CACHE, `chromium-${version}`);
  if (existsSync(directory)) return directory;

  await mkdir(CACHE, { recursive: true });
  const staging = await mkdtemp(`${directory}.`);
  try {
    const archives = ["chromium.br", "al2023.tar.br", "fonts.tar.br"].map((name) => join(dirname(manifest), "bin", name));
    await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", INFLATE, ...archives], {
      cwd: ROOT,
      env: { ...process.env, TMPDIR: staging },
    });
    await writeFile(join(staging, "fonts.conf"), FONT_CONFIGURATION(directory));
    await rename(staging, directory);
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    if (!existsSync(directory)) throw error;
  }
  return directory;
}

/** Starts it headless; with `more` arguments it is nobody else's. */
export async function launchChromium(...more: string[]): Promise<Browser> {
  const args = ["--no-sandbox", ...more];
  const own = process.env["CHROMIUM_PATH"];
  if (own !== undefined && own !== "") return chromium.launch({ executablePath: own, args });
  const directory = await unpackedChromium();
  return chromium.launch({
    executablePath: join(directory, "chromium"),
    args,
    env: {
      ...process.env,
      LD_LIBRARY_PATH: join(directory, "al2023", "lib"),
      FONTCONFIG_FILE: join(directory, "fonts.conf"),
    },
  });
}

let started: Promise<Browser> | null = null;

/**
 * The Chromium of this process, which ends with it: files of tests follow each other in a process, and share it. It knows nothing of
 * those before, who have left it. The first call starts it; the first on a machine unpacks it, which takes some seconds.
 */
export function enterChromium(): Promise<Browser> {
  started ??= launchChromium();
  return started;
}

/** Closes every page, with all that its context knew. */
export async function leaveChromium(): Promise<void> {
  const browser = await started;
  await Promise.all((browser?.contexts() ?? []).map((context) => context.close()));
}

/** What stands in for a person's device with their passkeys, for one page. */
export interface VirtualAuthenticator {
  /** Whether the person unlocks it when asked: without, ceremonies that need user verification fail. */
  setUserVerified(verified: boolean): Promise<void>;
  /** Whether prompts are answered at once. A prompt that opens while this is off stays open until the page gives it up. */
  setAutomaticPresence(automatic: boolean): Promise<void>;
  /** The passkeys it holds, for another page's authenticator to take over. */
  credentials(): Promise<VirtualCredential[]>;
  addCredential(credential: VirtualCredential): Promise<void>;
}

/** A passkey with its private key, as the DevTools protocol spells it: binary members in standard base64. */
export interface VirtualCredential {
  credentialId: string;
  isResidentCredential: boolean;
  privateKey: string;
  signCount: number;
  rpId?: string;
  userHandle?: string;
}

/**
 * Gives the page a platform authenticator with resident keys and user verification that answers every prompt; or one of another `kind`,
 * as the DevTools protocol spells it.
 */
export async function addVirtualAuthenticator(page: Page, kind: Readonly<Record<string, unknown>> = {}): Promise<VirtualAuthenticator> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      ...kind,
    },
  });
  return {
    async setUserVerified(isUserVerified) {
      await devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified });
    },
    async setAutomaticPresence(enabled) {
      await devtools.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled });
    },
    async credentials() {
      return (await devtools.send("WebAuthn.getCredentials", { authenticatorId })).credentials;
    },
    async addCredential(credential) {
      await devtools.send("WebAuthn.addCredential", { authenticatorId, credential });
    },
  };
}
