/** What is asked of a connector's object, beside opening its line and sending over it, which are HTTP. Types only. */

/** How its line is. */
export interface LineState {
  /** Since when somebody has been connected; null if nobody is. */
  since: string | null;
  /** Whether a server runs at the other end. */
  hasChild: boolean;
}

export interface RemoteConnector {
  /** For good: whoever is connected is told so, and nobody is let in any more. */
  revoke(): Promise<void>;
  state(): Promise<LineState>;
}

/** Headers between the gate and the object. */
export const CONNECTOR_HEADERS = {
  /** Of a request: the pin by which its tool was accepted. */
  pin: "x-countersign-pin",
  /** Of an answer that is none of the server's: `nothing-sent` or `not-known`. */
  failure: "x-countersign-failure",
} as const;
