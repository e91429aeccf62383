/** The port that the service listens on. */
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

/** A service that was killed a moment ago may still be on its way out. */
const PATIENCE_MS = 3_000;

/** Reads a port as people write it; refuses what is not one. */
export function parsePort(text) {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) throw new Error(`PORT is a number from 1 to 65535, not "${text}"`);
  return port;
}

/** Whether something listens there. A machine without this address has nothing on it. */
function isTaken(port, host) {
  return new Promise((settle, fail) => {
    const server = createServer();
    server.once("error", (error) => {
      if (error.code === "EACCES") fail(new Error(`port ${port} is not allowed here; choose another: PORT=8788 npm start`));
      else settle(error.code === "EADDRINUSE");
    });
    server.listen(port, host, () => server.close(() => settle(false)));
  });
}

/** Resolves once nothing listens on the port. Both addresses count, because browsers try ::1 for localhost as well. */
export async function requireFreePort(port) {
  const deadline = Date.now() + PATIENCE_MS;
  while ((await isTaken(port, "127.0.0.1")) || (await isTaken(port, "::1"))) {
    if (Date.now() > deadline)
      throw new Error(`port ${port} is taken by another program; choose another: PORT=${(port % 65_535) + 1} npm start`);
    await wait(200);
  }
}
