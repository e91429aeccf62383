/** A call as it is kept by its agent's object, and goes from there into the record. Types only. */
import type { CallStatus } from "#countersign/documents/call.ts";
import type { CallNotice, JudgedCallFacts, Keep, SettledCall } from "../admission.ts";

/** A text as it is kept: what is too long is cut. */
export interface KeptText {
  text: string;
  isCut: boolean;
}

/** What was known when it was judged. */
export interface KeptFacts {
  facts: Omit<JudgedCallFacts, "status"> & { status: CallStatus };
  /** b64u of 32 random bytes: of the call's own, whatever number it gets. */
  salt: string;
  keep: Keep;
  session: string | null;
  trace: string | null;
  arguments: KeptText | null;
  /** Left out where nothing was unusual. */
  notice?: CallNotice;
}

/** How it ended. */
export type CallEnd = Pick<SettledCall, "status" | "code" | "flags" | "request" | "resultHash" | "resultBytes" | "masked" | "ms"> & {
  result: KeptText | null;
};

export interface KeptCall extends KeptFacts {
  /** As it was told when it was admitted. Its number in the record, but where that was ahead. */
  id: number;
  atMs: number;
  /** When it ends by itself; null once it has ended. */
  endsByMs: number | null;
  count: number;
  end: CallEnd | null;
  /** Under which it was handed over before it had ended; null if it was not. */
  number: number | null;
}
