/** The deployed service as anybody sees it. */
import { setTimeout as wait } from "node:timers/promises";

const POLL_MS = 2_000;
const ANSWER_MS = 10_000;

const get = (url) => fetch(url, { redirect: "manual", cache: "no-store", signal: AbortSignal.timeout(ANSWER_MS) });

/** What keeps the upload `version` from being well at `origin`, in words; null if nothing does. */
async function ailment(origin, version) {
  try {
    const answer = await get(`${origin}/healthz`);
    const health = await answer.json().catch(() => null);
    if (health?.status === undefined) return `something else answers there (${answer.status})`;
    if (health.version !== version) return "an earlier upload still answers";
    return health.status === "ok" ? null : `its ${health.failing} is not well`;
  } catch (error) {
    return `it does not answer yet (${error.cause?.code ?? error.cause?.message ?? error.message})`;
  }
}

/** Resolves once that upload is well. A new domain takes minutes to get its name and certificate. Throws after `patienceMs`, with the reason. */
export async function untilWell(origin, version, patienceMs) {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const reason = await ailment(origin, version);
    if (reason === null) return;
    if (Date.now() + POLL_MS > deadline) throw new Error(`${origin}/healthz: ${reason}`);
    await wait(POLL_MS);
  }
}

/** Whether nobody is enrolled yet. */
export async function awaitsFirstPerson(origin) {
  const { status } = await get(`${origin}/setup`);
  if (status !== 200 && status !== 410) throw new Error(`${origin}/setup answers ${status}`);
  return status === 200;
}
