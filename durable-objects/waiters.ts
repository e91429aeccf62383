/** Who waits on a request: sockets whose near end sleeps. They are told what is there now, or that it is to be read. */
import { nextToLog } from "#rules/logged-facts.ts";
import type { ApprovalState } from "#rules/approval.ts";
import { snapshot, tagOf } from "#gate/approvals/snapshot.ts";

/** Tells a waiter to read for itself. */
const CHANGED = "changed";

export class Waiters {
  readonly #ctx: DurableObjectState;
  /** At the same moment, of one kind. */
  readonly #most: number;

  constructor(ctx: DurableObjectState, most: number) {
    this.#ctx = ctx;
    this.#most = most;
  }

  /** A waiter's socket. It is told of each change since `seen`: what is there now, or that it is to be read, while the log takes it. */
  accept({ url }: Request, approval: ApprovalState | null): Response {
    const { searchParams } = new URL(url);
    // An agent's waits and people's pages are counted apart, so that neither keeps the other out.
    const waiter = searchParams.get("waiter") ?? "";
    if (this.#ctx.getWebSockets(waiter).length >= this.#most) return new Response(null, { status: 429 });
    const { 0: theirs, 1: ours } = new WebSocketPair();
    this.#ctx.acceptWebSocket(ours, [waiter]);
    const seen = searchParams.get("seen");
    if (approval === null || tagOf(approval) !== seen) ours.send(newsOf(approval));
    return new Response(null, { status: 101, webSocket: theirs });
  }

  announce(approval: ApprovalState | null): void {
    const news = newsOf(approval);
    for (const socket of this.#ctx.getWebSockets()) {
      try {
        socket.send(news);
      } catch {
        // It is closing, and whoever held it will read again.
      }
    }
  }
}

/** What waiters are told. Who reads waits a moment for the log; a snapshot of before would be told to people as another state. */
function newsOf(approval: ApprovalState | null): string {
  return approval === null || nextToLog(approval) !== null ? CHANGED : JSON.stringify(snapshot(approval, Date.now()));
}
