/** One approval from the ask to the report, through however many kills: each step is done until it is answered, and then told to the ledger. */
import { setTimeout as wait } from "node:timers/promises";
import type { Signed } from "../service/person.ts";
import type { ApprovalView, RestAnswer } from "../rest-agent.ts";
import type { Ledger } from "./ledger.ts";
import type { SoakedService } from "./soaked-service.ts";

const WAIT_SECONDS = 25;

/** What the service says of a decision that it holds already. */
const HELD = new Set(["already_final", "already_decided"]);

function accepted({ status, view }: RestAnswer): ApprovalView {
  if (status !== 200 && status !== 201) throw new Error(`refused: ${status} ${JSON.stringify(view)}`);
  return view;
}

/** The agent's call that waits for an end, made again as often as it takes; the end. */
async function waitForEnd(service: SoakedService, id: string): Promise<ApprovalView> {
  for (;;) {
    const view = accepted(await service.answered(() => service.agent.read(id, WAIT_SECONDS)));
    if (view.status !== "pending") return view;
  }
}

/** Opens the page and signs; what is sent twice because the answer was lost counts once. */
async function decide(service: SoakedService, url: string): Promise<void> {
  const { person } = service;
  const sign = async (): Promise<{ status: number; signed: Signed }> => ({ status: 200, signed: await person.sign(url, "approved") });
  const { signed } = await service.answered(sign);
  const send = async (): Promise<RestAnswer> => {
    const answer = await person.post(signed.path, signed.decision);
    return { status: answer.status, view: (await answer.json()) as ApprovalView };
  };
  const { status, view } = await service.answered(send);
  if (status !== 200 && !HELD.has(view.code ?? "")) throw new Error(`not decided: ${status} ${JSON.stringify(view)}`);
}

/** When an ask was answered, and how long that took if it was answered at the first try. */
export type OnAsked = (tookMs: number) => void;

/** Asks, waits, decides after `thinkMs`, redeems, reports. Throws at the first answer that is not what it has to be. */
export async function runApproval(service: SoakedService, ledger: Ledger, thinkMs: number, onAsked: OnAsked): Promise<void> {
  const { agent } = service;
  const entry = ledger.begin({ service: "api", run: crypto.randomUUID() });
  const ask = { action: "Deploy api to production", payload: entry.payload, idempotency_key: entry.key, expires_in_seconds: 86_400 };
  const startedMs = performance.now();
  let tries = 0;
  const asked = accepted(await service.answered(() => (tries++, agent.ask(ask))));
  if (tries === 1) onAsked(performance.now() - startedMs);
  ledger.tell(entry, "asked", asked);

  const ended = waitForEnd(service, asked.request_id);
  const decided = wait(thinkMs).then(() => decide(service, asked.approval_url));
  const [end] = await Promise.all([ended, decided]);
  if (end.status !== "approved") throw new Error(`not approved: ${JSON.stringify(end)}`);
  ledger.tell(entry, "decided", end);

  const redeem = () => agent.redeem(asked.request_id, entry.payload, entry.key);
  ledger.tell(entry, "redeemed", accepted(await service.answered(redeem)));
  const reported = accepted(await service.answered(() => agent.report(asked.request_id, "succeeded")));
  ledger.tell(entry, "reported", reported);
}
