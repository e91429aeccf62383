/** What others ask of a person's object, which is there only while a page of their inbox is open. */

/** How an open page's line is asked for: `fetch` with these in the address, for a WebSocket. */
export interface LineOf {
  personId: string;
  /** Hash of the token of the session that opens it: with that session it ends. */
  session: string;
  isAuditor: boolean;
}

export interface RemoteInbox {
  /** Something on this person's lists has changed. Answered before the pages are told. */
  changed(personId: string): Promise<void>;
}

/** What a page hears: that its lists are to be read again. */
export const CHANGED = "changed";

/** Why a line was ended, as WebSockets say it. */
export const LINE_ENDS = {
  /** The session is over, or its passkey or person does not stand any more: nothing more is to be heard. */
  signedOut: 4401,
  /** The person's roles are others now: the page asks again. */
  otherRoles: 4409,
} as const;

/** Pages of one person at a time. Those beyond ask every few seconds instead. */
export const MOST_LINES = 20;
