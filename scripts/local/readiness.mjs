/** Learns from outside whether the service serves, and whether it still waits for its first person. */
import { request } from "node:http";
import { setTimeout as wait } from "node:timers/promises";

/** The first answer takes a build and a start of workerd: seconds, on a busy machine many. */
const PATIENCE_MS = 120_000;

/** GET /setup by the name that people use, whatever that name resolves to here. Resolves to null if nobody answers. */
function getSetup(port) {
  return new Promise((settle) => {
    const call = request(
      { host: "127.0.0.1", port, path: "/setup", headers: { Host: `localhost:${port}` }, timeout: 30_000 },
      (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (chunk) => (body += chunk));
        response.on("end", () => settle({ status: response.statusCode, body }));
        response.on("error", () => settle(null));
      },
    );
    call.on("timeout", () => call.destroy());
    call.on("error", () => settle(null));
    call.end();
  });
}

/** The sentence of problem details (RFC 9457), or nothing. */
function detailOf(body) {
  try {
    return JSON.parse(body).detail;
  } catch {
    return undefined;
  }
}

/** Resolves to whether the first person is still to come, or null once `signal` is aborted. Throws what keeps it from serving. */
export async function waitUntilServing(port, signal) {
  const deadline = Date.now() + PATIENCE_MS;
  while (!signal.aborted) {
    const answer = await getSetup(port);
    if (answer?.status === 200) return true;
    if (answer?.status === 410) return false;
    if (answer !== null) throw new Error(detailOf(answer.body) ?? `the service answers ${answer.status} to GET /setup`);
    if (Date.now() > deadline) throw new Error(`the service does not answer on port ${port}`);
    await wait(100, undefined, { signal }).catch(() => null);
  }
  return null;
}
