/** The service that the demo plays on: the one that answers at PORT, or one of its own, which ends with the demo. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { OPTIONAL_SECRETS } from "../../src/config/settings.ts";
import { withoutSecrets } from "../child-environment.mjs";

const START = fileURLToPath(new URL("../start.mjs", import.meta.url));
const READY = /^Countersign is ready at (\S+)$/;
const FIRST_PERSON = /^First person: (\S+)$/;
/** The service is started for these, too. */
const PASSED_ON = new RegExp(`^(?:${OPTIONAL_SECRETS.join("|")})$`);
const VKEY = /^\S+\+[0-9a-f]{8}\+\S+$/;

/** The address of a Countersign on this port; null if nothing answers there. Anything else that answers is in the way. */
async function runningAt(port) {
  const origin = `http://localhost:${port}`;
  let text;
  try {
    text = await (await fetch(`${origin}/log/vkey`)).text();
  } catch {
    return null;
  }
  if (VKEY.test(text.trim())) return origin;
  throw new Error(`something else answers on port ${port}; choose another: PORT=${Number(port) + 1} npm run demo`);
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Starts a service; resolves once it is ready, with how it is stopped. */
async function start(port, givenStateDir) {
  const stateDir = givenStateDir || mkdtempSync(join(tmpdir(), "countersign-demo-"));
  const child = spawn(process.execPath, [START], {
    env: {
      ...withoutSecrets(process.env, PASSED_ON),
      PORT: String(port),
      STATE_DIR: stateDir,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "close");
  const complaints = [];
  createInterface({ input: child.stderr }).on("line", (line) => complaints.push(line));
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    if (!givenStateDir) rmSync(stateDir, { recursive: true, force: true });
  };
  const service = { origin: null, setupUrl: null, isOwn: true, stateDir, stop };
  const ready = new Promise((resolve) => {
    // Both lines come in one piece, so the second is here when the next turn begins.
    createInterface({ input: child.stdout }).on("line", (line) => {
      service.origin ??= READY.exec(line)?.[1] ?? null;
      service.setupUrl ??= FIRST_PERSON.exec(line)?.[1] ?? null;
      if (service.origin !== null) setTimeout(() => resolve("ready"), 50);
    });
  });
  if ((await Promise.race([ready, ended])) === "ready") return service;
  await stop();
  throw new Error(`the service did not start:\n${complaints.join("\n")}`);
}

/**
 * The service at PORT, or one that is started for the demo. With `mustBeOwn` it is always one of its own, at another port if
 * that is taken: passkeys in software must not become anybody's admin.
 */
export async function findService({ port, stateDir, mustBeOwn }) {
  const origin = await runningAt(port);
  if (origin === null) return start(port, stateDir);
  if (mustBeOwn) return start(await freePort(), stateDir);
  return { origin, setupUrl: null, isOwn: false, stateDir: null, stop: async () => {} };
}
