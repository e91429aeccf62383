/**
 * An agent below another: whose chain it is in, until when, and what it may call. Fixed when its key is made. It is judged as the agent at
 * the top of its chain is, so that it can do nothing that that one could not. Pure.
 */
import type { ChainLink } from "#countersign/documents/agents/chain.ts";

/** So many may stand below one agent at the top, at any depth, and so many may have been made within an hour or so. */
export const MOST_BELOW = 50;
export const MOST_BELOW_AN_HOUR = 200;

/** Null in either: all that the agent above may. */
export interface CallScope {
  servers: readonly string[] | null;
  /** As `server.tool`. */
  tools: readonly string[] | null;
}

export interface Below {
  /** Those above it, the one at the top first. */
  chain: readonly ChainLink[];
  endsAt: string;
  scope: CallScope;
}

/** Everybody from the top to this agent. */
export const wholeChain = ({ chain }: Below, { id, name }: ChainLink): ChainLink[] => [...chain, { id, name }];

/** Who answers for what it does: the agent at the top, or itself where nobody is above it. */
export const topIn = (below: Below | undefined, { id, name }: ChainLink): ChainLink => below?.chain[0] ?? { id, name };

/** Whether it may speak with this server at all. */
export const mayEnter = (scope: CallScope | undefined, server: string): boolean =>
  scope === undefined ||
  ((scope.servers?.includes(server) ?? true) && (scope.tools?.some((tool) => tool.startsWith(`${server}.`)) ?? true));

/** Whether it may call this tool, or what is judged as if it were a tool of that name. */
export const mayCall = (scope: CallScope | undefined, server: string, tool: string): boolean =>
  mayEnter(scope, server) && (scope?.tools?.includes(`${server}.${tool}`) ?? true);

/** What a key below is for, and for how many seconds. What is not said is as the agent above has it, or an hour. */
export interface BelowWish {
  seconds: number | null;
  servers: readonly string[] | null;
  tools: readonly string[] | null;
}

/**
 * What a key below that agent (`above`: how it is below others itself) is for; null if more is asked for than it has. A tool is given with
 * its server.
 */
export function scopeWithin(above: CallScope | undefined, { servers, tools }: Pick<BelowWish, "servers" | "tools">): CallScope | null {
  const own = above ?? { servers: null, tools: null };
  const scope = { servers: servers ?? own.servers, tools: tools ?? own.tools };
  const isWider =
    (servers ?? []).some((server) => own.servers?.includes(server) === false) ||
    (tools ?? []).some(
      (tool) => own.tools?.includes(tool) === false || scope.servers?.includes(tool.slice(0, tool.indexOf("."))) === false,
    );
  return isWider ? null : scope;
}
