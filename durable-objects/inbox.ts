/**
 * Shell of one person's open pages: sockets that sleep with the object. It holds nothing of any request, only who is there: the database has
 * that while it is so (storage/inbox/open-pages.ts), so that whoever changes something knows whom to tell. Each time that something changed
 * it asks whether the sessions still stand, before anybody is told.
 */
import { DurableObject } from "cloudflare:workers";
import type { AnswersNowOrLater, Bindings } from "#config/bindings.ts";
import { readConfig } from "#config/config.ts";
import { errorText, logLine } from "#config/log-line.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { CHANGED, LINE_ENDS, type LineOf, MOST_LINES, type RemoteInbox } from "#gate/approvals/inbox/remote-inbox.ts";
import { sessionEnds } from "#gate/sessions/session.ts";
import { deleteOpen, standingSessions, writeOpen } from "#storage/inbox/open-pages.ts";

/** So long the database believes that somebody is there, and so often the object says it again and looks whether they are. */
const [BELIEVED_MS, SAID_AGAIN_MS] = [30 * 60_000, 10 * 60_000];

export class PersonInbox extends DurableObject<Bindings> implements AnswersNowOrLater<RemoteInbox> {
  /** What the database is told, one after the other: of two at once the later is what it believes. */
  #said: Promise<void> = Promise.resolve();
  #telling: Promise<void> | null = null;
  #isToldAgain = false;

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  /** A page's socket, whose session was looked at. Answered once the database knows that somebody is there: what changes from then on is heard. */
  override async fetch({ url }: Request): Promise<Response> {
    const { searchParams } = new URL(url);
    const personId = searchParams.get("person") ?? "";
    const line: LineOf = { personId, session: searchParams.get("session") ?? "", isAuditor: searchParams.get("auditor") === "1" };
    if (this.ctx.getWebSockets().length >= MOST_LINES) return new Response(null, { status: 429 });
    const { 0: theirs, 1: ours } = new WebSocketPair();
    this.ctx.acceptWebSocket(ours);
    ours.serializeAttachment(line);
    try {
      await this.ctx.storage.setAlarm(Date.now() + SAID_AGAIN_MS);
      await this.#sayWhoIsThere(personId);
    } catch (error) {
      // Nobody would be told of what changes, so nobody is there.
      ours.close();
      throw error;
    }
    return new Response(null, { status: 101, webSocket: theirs });
  }

  changed(personId: string): void {
    if (this.#lines().length === 0) this.ctx.waitUntil(this.#sayWhoIsThere(personId).catch(noted));
    else this.#tell();
  }

  override async webSocketClose(socket: WebSocket): Promise<void> {
    socket.close();
    await this.#gone(socket);
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    await this.#gone(socket);
  }

  /** Never throws, or the platform would give up on it. */
  override async alarm(): Promise<void> {
    const [first] = this.#lines();
    if (first === undefined) return;
    try {
      await this.ctx.storage.setAlarm(Date.now() + SAID_AGAIN_MS);
      await this.#endWhatIsOver();
      await this.#sayWhoIsThere(first.line.personId);
    } catch (error) {
      noted(error);
    }
  }

  #lines(but?: WebSocket): { socket: WebSocket; line: LineOf }[] {
    const open = this.ctx.getWebSockets().filter((socket) => socket !== but && socket.readyState === WebSocket.OPEN);
    return open.map((socket) => ({ socket, line: socket.deserializeAttachment() as LineOf }));
  }

  async #gone(socket: WebSocket): Promise<void> {
    const { personId } = socket.deserializeAttachment() as LineOf;
    if (this.#lines(socket).length === 0) await this.#sayWhoIsThere(personId, socket).catch(noted);
  }

  /** Tells the database how it is when its turn comes. With the last page the object's storage is empty again. */
  #sayWhoIsThere(personId: string, but?: WebSocket): Promise<void> {
    this.#said = this.#said
      .catch(() => undefined)
      .then(async () => {
        const lines = this.#lines(but);
        const { DB } = this.env;
        if (lines.length > 0)
          return writeOpen(
            DB,
            personId,
            lines.some(({ line }) => line.isAuditor),
            timestamp(Date.now() + BELIEVED_MS),
          );
        await this.ctx.storage.deleteAll();
        await deleteOpen(DB, personId);
      });
    return this.#said;
  }

  /** Whatever changes while sessions are looked up is told with the next time: a storm of changes is a few messages. */
  #tell(): void {
    this.#isToldAgain = this.#telling !== null;
    this.#telling ??= this.#tellOnce().finally(() => {
      this.#telling = null;
      if (this.#isToldAgain) this.#tell();
    });
    this.ctx.waitUntil(this.#telling);
  }

  async #tellOnce(): Promise<void> {
    try {
      await this.#endWhatIsOver();
    } catch (error) {
      // Not known whether they stand: nobody is told, and pages read by themselves after a while.
      return noted(error);
    }
    for (const { socket } of this.#lines()) {
      try {
        socket.send(CHANGED);
      } catch {
        // It is closing, and its page opens another, and reads then.
      }
    }
  }

  /** Ends the lines whose session is over, and those of roles that are others now. Throws if that cannot be known. */
  async #endWhatIsOver(): Promise<void> {
    const [first] = this.#lines();
    if (first === undefined) return;
    const standing = await standingSessions(this.env.DB, first.line.personId, sessionEnds(Date.now(), readConfig(this.env).sessionLimits));
    for (const { socket, line } of this.#lines()) {
      if (standing?.tokenHashes.has(line.session) !== true) socket.close(LINE_ENDS.signedOut, "signed out");
      else if (standing.roles.includes("auditor") !== line.isAuditor) socket.close(LINE_ENDS.otherRoles, "other roles");
    }
  }
}

const noted = (error: unknown): void => logLine("unwell", { part: "inbox", error: errorText(error) });
