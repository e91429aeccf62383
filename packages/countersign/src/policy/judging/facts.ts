/** What is judged: one ask or one call, who makes it, and who could approve it. All of it is given; nothing is looked up. */
import type { JsonObject } from "../../json/canonical-json.ts";
import type { PastAnswers } from "./past/question.ts";

/** Somebody who may approve. */
export interface ApproverFacts {
  id: string;
  username: string;
  groups: readonly string[];
  /** The same for people who share a key and therefore count once; left out: themselves. */
  countsAs?: string;
}

/** Hints of a tool, as MCP names them. */
export type ToolHints = Readonly<Partial<Record<"readOnlyHint" | "destructiveHint" | "idempotentHint" | "openWorldHint", boolean>>>;

export interface PolicyFacts {
  source: "ask" | "call";
  /** Since the epoch. */
  nowMs: number;
  /** Of an agent below another all but `chain` is that of the one at the top: what it calls itself takes it into and out of no rule. */
  agent: {
    name: string;
    groups: readonly string[];
    owner: { id: string; username: string };
    maker: { id: string } | null;
    /** Ids of who made a key of it that was replaced and serves still; left out: of nobody. */
    formerMakers?: readonly string[];
    /** Names from the one at the top to the one that acts; left out: nobody is above it. */
    chain?: readonly string[];
  };
  /** Null where an ask names none. */
  server: string | null;
  tool: string | null;
  /** Of an ask; null for a call. */
  action: string | null;
  /** A call's arguments, or an ask's payload. */
  args: JsonObject;
  /** Of the accepted tool; null for an ask, and for what was not accepted. */
  hints: ToolHints | null;
  /** Of another accepted tool of the same server, as which a call may be judged (`unwrap`); left out where none is known. */
  hintsOf?: (tool: string) => ToolHints | null;
  caller: { issuer: string; subject: string; groups: readonly string[] } | null;
  /** What the agent itself says of those it asks; it only narrows. `users` and `groups` null: it names nobody. Times in seconds. */
  asked: {
    users: readonly string[] | null;
    groups: readonly string[] | null;
    required: number;
    expiresIn: number | null;
    useWithin: number | null;
    reason: string | null;
  };
  /** What `questionsFor` asks of the agent's past. Null: nothing is known of it. Every `history` fails, and nothing is unusual. */
  past: PastAnswers | null;
  /** Everybody who may approve anything. */
  approvers: readonly ApproverFacts[];
}

/** Whether an ask names whom it wants to be asked, or how many. */
export const namesPeople = ({ asked }: PolicyFacts): boolean => asked.users !== null || asked.groups !== null || asked.required > 1;
