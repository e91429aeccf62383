/** The nonce of the one decision this page may make, renewed before the server forgets it. */
import { object } from "#countersign/json/shape.ts";
import { base64url } from "#countersign/documents/words.ts";
import { post } from "#pages/kit/browser/post.ts";

export interface Nonce {
  nonce: string;
  comment_salt: string;
}

const nonceShape = object({ nonce: base64url(32), comment_salt: base64url(32) });

/** The server keeps a nonce for 15 minutes. */
const RENEW_AFTER_MS = 10 * 60_000;
const CHECK_EVERY_MS = 30_000;

export interface NonceKeeper {
  current(): Nonce;
  /** Gets a new one; false if there is none to be had now. */
  renew(): Promise<boolean>;
  stop(): void;
}

/** Keeps the nonce of `/a/<id>` fresh while the page is visible, and when it becomes so again. */
export function keepNonce(id: string, first: Nonce): NonceKeeper {
  let nonce = first;
  let madeAtMs = Date.now();
  const renew = async (): Promise<boolean> => {
    const answer = await post(`/a/${id}/nonce`, {}, nonceShape);
    if (!answer.ok) return false;
    nonce = answer.value;
    madeAtMs = Date.now();
    return true;
  };
  const renewIfOld = (): void => {
    if (!document.hidden && Date.now() - madeAtMs > RENEW_AFTER_MS) void renew();
  };
  const timer = setInterval(renewIfOld, CHECK_EVERY_MS);
  document.addEventListener("visibilitychange", renewIfOld);
  return {
    current: () => nonce,
    renew,
    stop() {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", renewIfOld);
    },
  };
}
