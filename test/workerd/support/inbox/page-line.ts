/** A page of an inbox that is open: its line, and what it hears. */
import { expect } from "vitest";
import { call, type Someone } from "#test/workerd/support/people.ts";

export class PageLine {
  readonly #socket: WebSocket;
  readonly heard: string[] = [];
  /** With which code it was ended; null while it is open. */
  ended: number | null = null;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.heard.push(String(data)));
    socket.addEventListener("close", ({ code }) => (this.ended = code));
    socket.accept();
  }

  static async open({ cookie }: Pick<Someone, "cookie">): Promise<PageLine> {
    const answer = await lineOf({ cookie });
    if (answer.webSocket === null) throw new Error(`no line: ${answer.status} ${await answer.text()}`);
    return new PageLine(answer.webSocket);
  }

  say(text: string): void {
    this.#socket.send(text);
  }

  leave(): void {
    this.#socket.close();
  }

  /** What it is told next; what it is told besides is forgotten. */
  async hears(): Promise<string | undefined> {
    await expect.poll(() => this.heard.length).toBeGreaterThanOrEqual(1);
    const [first] = this.heard.splice(0);
    return first;
  }
}

/** What a browser is answered that asks for a line. */
export const lineOf = (given: Parameters<typeof call>[2] = {}): Promise<Response> =>
  call("GET", "/inbox/live", { ...given, headers: { upgrade: "websocket", ...given?.headers } });
