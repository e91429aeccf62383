/** A call of one of the fixture's tools, as both eras have it. */

export type Members = Record<string, unknown>;

/** One call of a tool, with what its era can do. */
export interface FixtureCall {
  args: Members;
  progressToken: string | number | undefined;
  /** Of the client, as far as the call says so (2026-07-28). */
  capabilities: Members | undefined;
  /** Whether log messages are wanted. */
  logs: boolean;
  /** What the client answers to what an earlier round asked it for (2026-07-28). */
  responses: Members | undefined;
  /** Tells something in the call's own stream. */
  tell: (method: string, params: Members) => Promise<void>;
  /** Asks the client in the call's own stream; null where the era has no such thing. */
  ask: ((method: string, params: Members) => Promise<Members>) | null;
  /** Ends the call's stream before its result: the client has to come back for it. */
  closeStream: () => void;
  /** Tells subscribers that a list has changed. */
  changed: (list: "tools" | "prompts") => void;
  /** Logs something that belongs to no call: over the session's stream, where there is one. */
  logAside: (data: string) => Promise<void>;
  /** Refuses the call: it needs what the client has not declared. */
  needs: (capability: string) => never;
  /** What an earlier round put into the state; that it was not changed was checked before. */
  state: unknown;
  /** A state that nobody else can make. */
  seal: (state: Members) => Promise<string>;
}

export interface FixtureTool {
  description: string;
  inputSchema?: Members;
  call: (call: FixtureCall) => Members | Promise<Members>;
}

export const said = (text: string): Members => ({ content: [{ type: "text", text }] });
