/** The line over which an inbox hears that its lists have changed. Where it cannot be had, the page asks by itself as before. */
import { untilVisible } from "#pages/kit/browser/page.ts";

/** A line on which nothing is said is cut by what is between, after a minute or two. */
const PING_MS = 50_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** As the service ends the line of a session that is over (src/gate/approvals/inbox/remote-inbox.ts). */
const SIGNED_OUT = 4401;

export interface Line {
  isOpen(): boolean;
}

/** Opens it, and again whenever it ends; `onChanged` with each change, and when it opens, for what was missed meanwhile. */
export function keepLine(path: string, onChanged: () => void): Line {
  let socket: WebSocket | null = null;
  let pauseMs = FIRST_PAUSE_MS;
  let isLeft = false;

  const open = (): void => {
    const opened = new WebSocket(new URL(path, location.href.replace(/^http/, "ws")));
    socket = opened;
    const ping = setInterval(() => {
      if (opened.readyState === WebSocket.OPEN) opened.send("ping");
    }, PING_MS);
    opened.addEventListener("open", () => {
      pauseMs = FIRST_PAUSE_MS;
      onChanged();
    });
    opened.addEventListener("message", ({ data }) => {
      if (data !== "pong") onChanged();
    });
    opened.addEventListener("close", ({ code }) => {
      clearInterval(ping);
      if (isLeft) return;
      // What is read now says that one was signed out.
      if (code === SIGNED_OUT) return onChanged();
      setTimeout(() => void untilVisible().then(again), pauseMs * (0.5 + Math.random()));
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    });
  };
  const again = (): void => {
    if (!isLeft && socket?.readyState === WebSocket.CLOSED) open();
  };

  // A page with an open line is not kept for the way back to it.
  addEventListener("pagehide", () => {
    isLeft = true;
    socket?.close();
  });
  addEventListener("pageshow", ({ persisted }) => {
    if (!persisted) return;
    isLeft = false;
    open();
  });
  open();
  return { isOpen: () => socket?.readyState === WebSocket.OPEN };
}
