/**
 * The line to the gate: one socket at a time, opened anew when it breaks. Frames of a line that was not heard of for too long are not acted
 * upon: this machine may have slept, and the gate has told whoever waited long ago.
 */
import { CLOSED, PING, PONG, readSendFrame, type SendFrame } from "../../connector/frames.ts";
import { parsedObject } from "../../connector/parsed-object.ts";
import { fetchFailure } from "../../sdk/fetch-failure.ts";
import { readAtMost } from "../../sdk/read-at-most.ts";
import { fromUtf8 } from "../../encoding/bytes.ts";
import { visible } from "../visible.ts";
import { nextWaitMs } from "./waiting.ts";
import { pause } from "./child-keeper.ts";

const PING_MS = 15_000;
/** After so long without a word the line counts as gone, whatever the network says. */
const STALE_MS = 40_000;
const ANSWER_MS = 20_000;
/** A line that has held so long counts as one that went well: the next try is soon. */
const WENT_WELL_MS = 2_000;

export interface LineHears {
  opened(): void;
  frame(frame: SendFrame): void;
  tell(line: string): void;
}

/** Node's, which takes headers with a socket. */
type SocketWithHeaders = new (url: string, options: { headers: Record<string, string> }) => WebSocket;

/** Why it is over for good; null if it was ended here. */
const FINAL: Readonly<Record<number, string>> = {
  [CLOSED.replaced]:
    "somebody else has connected with this key since, and one at a time is connected. If that was not you, revoke the connector",
  [CLOSED.revoked]: "this connector is revoked",
};

export class GateLine {
  readonly #url: string;
  readonly #key: string;
  readonly #hears: LineHears;
  #socket: WebSocket | null = null;
  #heardMs = 0;

  /** `url`: of the line, without which nothing is asked. */
  constructor(url: string, key: string, hears: LineHears) {
    this.#url = url;
    this.#key = key;
    this.#hears = hears;
  }

  /** Said if there is a line; otherwise whoever it was for has been told already that nothing is known. */
  say(frame: string): void {
    if (this.#socket?.readyState === 1) this.#socket.send(frame);
  }

  /** Until `signal`. Resolves to why there will be no line any more; null if it was ended here. */
  async keep(signal: AbortSignal): Promise<string | null> {
    for (let failures = 0; !signal.aborted;) {
      const sinceMs = Date.now();
      const end = await this.#once(signal);
      if (signal.aborted) return null;
      const final = FINAL[end.code];
      if (final !== undefined) return final;
      failures = Date.now() - sinceMs > WENT_WELL_MS ? 1 : failures + 1;
      const refusal = end.wasOpen ? null : await this.#whyNot();
      if (refusal?.isFinal === true) return refusal.why;
      const waitMs = nextWaitMs(failures, 500, 30_000);
      const why = refusal?.why ?? end.why;
      this.#hears.tell(`not connected (${visible(why)}); the next try is in ${Math.ceil(waitMs / 1_000)} s`);
      await pause(waitMs, signal);
    }
    return null;
  }

  /** One socket, from the try to its end. */
  #once(signal: AbortSignal): Promise<{ code: number; wasOpen: boolean; why: string }> {
    const Socket = WebSocket as unknown as SocketWithHeaders;
    const socket = new Socket(this.#url.replace(/^http/, "ws"), { headers: { authorization: `Bearer ${this.#key}` } });
    return new Promise((resolve) => {
      let wasOpen = false;
      const end = (code: number, why: string) => {
        clearInterval(timer);
        signal.removeEventListener("abort", left);
        if (this.#socket === socket) this.#socket = null;
        socket.close();
        resolve({ code, wasOpen, why });
      };
      const left = () => end(1000, "ended here");
      this.#heardMs = Date.now();
      const timer = setInterval(() => {
        if (this.#isStale()) return end(0, wasOpen ? "the gate was not heard of for too long" : "no answer");
        if (wasOpen) socket.send(PING);
      }, PING_MS);
      signal.addEventListener("abort", left, { once: true });
      socket.addEventListener("open", () => {
        if (signal.aborted) return;
        wasOpen = true;
        this.#heardMs = Date.now();
        this.#socket = socket;
        this.#hears.opened();
      });
      socket.addEventListener("message", ({ data }: MessageEvent) => {
        if (this.#socket !== socket) return;
        if (this.#isStale()) return end(0, "this machine slept");
        this.#heardMs = Date.now();
        const frame = typeof data === "string" && data !== PONG ? readSendFrame(data) : null;
        if (frame !== null) this.#hears.frame(frame);
      });
      socket.addEventListener("close", ({ code, reason }: CloseEvent) => end(code, reason === "" ? `closed, ${code}` : reason));
      socket.addEventListener("error", () => end(0, "the connection failed"));
    });
  }

  #isStale(): boolean {
    return Date.now() - this.#heardMs > STALE_MS;
  }

  /** A socket that does not open says nothing of why: the same is asked without one. */
  async #whyNot(): Promise<{ why: string; isFinal: boolean }> {
    try {
      const answer = await fetch(this.#url, {
        headers: { authorization: `Bearer ${this.#key}` },
        // Not to follow redirects keeps the key with the service it belongs to.
        redirect: "manual",
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      const bytes = await readAtMost(answer, 65_536);
      const { detail, code } = parsedObject((bytes && fromUtf8(bytes)) ?? "") ?? {};
      const odd = answer.ok ? "no line was opened, though the key is good" : `it was answered with status ${answer.status}`;
      const why = typeof detail === "string" ? detail : odd;
      return { why, isFinal: code === "unauthorized" || code === "gateway_not_available" || code === "forbidden" };
    } catch (error) {
      return { why: fetchFailure(error), isFinal: false };
    }
  }
}
