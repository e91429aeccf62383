/** What a push brings to a device, as JSON. src/channels writes it and the service worker reads it; both may be of different versions. */

/** A service worker that knows another `v` shows `title`, `body` and the page at `url` all the same: every push shows something. */
export interface PushPayload {
  v: 1;
  title: string;
  /** One line or more, apart by line feeds. */
  body: string;
  /** The page to open, of the service's own origin: it changes nothing by being opened. */
  url: string;
  /** A notification with the tag of an earlier one replaces it: of one request there is one. */
  tag: string;
  /** When what it tells of happened (RFC 3339). */
  at: string;
  /** The person need not do anything (any more): no sound, no vibration. It is shown all the same. */
  silent?: true;
}
