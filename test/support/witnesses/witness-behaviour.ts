/** How a witness of the tests behaves and what it was asked, as both the network in Node and the Worker under test speak of it. */

/** What a witness does instead of what it should. */
export type Behaviour =
  | "honest"
  /** 503. */
  | "down"
  /** No answer until told otherwise, or never. */
  | "hangs"
  /** Headers and a first byte, and then nothing. */
  | "drips"
  /** To another witness that is honest. */
  | "redirects"
  | "says too much"
  | "says nothing"
  | "is not text"
  | "is no note"
  | "forges"
  | "cosigns another head"
  /** A note that begins with the head, with a line after it. */
  | "cosigns more than the head"
  | "cosigns at no time"
  | "cosigns tomorrow"
  | "signs as another"
  /** Its own line among strangers'. */
  | "adds lines of strangers"
  /** 409 with a size that is larger than any. */
  | "is ahead"
  /** 409 with one size after the other. */
  | "wavers"
  /** 409 as a proxy would say it. */
  | "conflicts"
  /** 422. */
  | "refuses";

/** A call that a witness got. */
export interface WitnessCall {
  witness: string;
  oldSize: number;
  size: number;
  contentType: string;
}
