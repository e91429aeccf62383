/** What receivers of the tests answer and were sent, as both the network in Node and the Worker under test speak of it. */

/** What a receiver answers; what is left out is 200, without headers and body. */
export interface ReceiverAnswer {
  status?: number;
  headers?: Record<string, string>;
  body?: string;
  /** As many bytes more, behind the body. */
  padding?: number;
  delayMs?: number;
  /**
   * `hangs`: nothing until released, then the answer. `drips`: headers and a first byte, and the rest when released. `breaks`: the
   * connection ends before an answer; `breaks off`: amid the body. `garbage`: bytes that are no HTTP.
   */
  does?: "answers" | "hangs" | "drips" | "breaks" | "breaks off" | "garbage";
}

/** A request that a receiver got. */
export interface ReceivedRequest {
  host: string;
  method: string;
  /** With the query. */
  path: string;
  /** In lower case, without what the runtime adds for itself. */
  headers: Record<string, string>;
  /** As UTF-8, and its very bytes. */
  body: string;
  bodyBase64: string;
}

/** What the resolver says of a name: its addresses; that there is no such name; or what a resolver says that is not well. */
export type Resolution = readonly string[] | "no such name" | "not well" | "garbage";

/** What a receiver with a protocol of its own answers, in Node. `orders`: what a test has told it last; null for nothing. */
export type Speaker = (request: ReceivedRequest, orders: unknown) => ReceiverAnswer | Promise<ReceiverAnswer>;

/** What the MCP server at told.mcp.example.com does. Tools and prompts are texts, put into its answers as they are. */
export interface ToldServer {
  tools?: string[];
  /** What calls come to, as text; left out: done. */
  result?: string;
  /** Instead of tools: so many pages. */
  pages?: string[][];
  prompts?: string[];
  instructions?: string;
  era?: "modern" | "legacy";
  /** Answers in a stream of events. */
  streams?: boolean;
  /** Calls of tools are answered once whoever hangs is released. */
  hangs?: boolean;
  /** Pages without an end. */
  endless?: boolean;
  /** Bytes behind each answer. */
  padding?: number;
  /** Sends whoever comes elsewhere. */
  redirect?: string;
  /** Takes just this as Authorization, and tells it to whoever brings another. */
  wants?: string;
}
