/** What a connector's object keeps while it sleeps. */
import type { RunningChild } from "#countersign/connector/frames.ts";

export interface KeptLine {
  /** The connector's id, once somebody has connected. */
  connector: string | null;
  /** Names the socket that is the line; what comes over any other is nobody's. */
  line: string | null;
  since: string | null;
  child: RunningChild | null;
  /** The pins of what the child lists, by name, as they were compared on this line; null before that. */
  pins: Readonly<Record<string, string>> | null;
  /** For good. */
  isRevoked: boolean;
}

export const NO_LINE: KeptLine = { connector: null, line: null, since: null, child: null, pins: null, isRevoked: false };

/** The socket that is the line now. */
export interface LineSocket {
  /** Throws if it is closed: then nothing was sent. */
  send(text: string): void;
  close(code: number, why: string): void;
}

export interface LinePorts {
  read(): KeptLine;
  write(kept: KeptLine): void;
  socket(line: string): LineSocket | null;
  random(bytes: number): Uint8Array;
  now(): number;
  /** Runs it later; gives what takes that back. */
  after(ms: number, run: () => void): () => void;
}
