/**
 * Who called whom (docs/formats.md, "Chain"): from the agent at the top, which admins made, to the one that acts, each made by the one
 * before it.
 */
import { list, Misfit, object, type Of, type Shape, text } from "../../json/shape.ts";
import { agentId, serverName, TOOL_NAME } from "../words.ts";

/** As many as any record names; a deployment allows fewer. */
export const MOST_IN_CHAIN = 16;

const link = object({ id: agentId, name: text(1) });
export type ChainLink = Of<typeof link>;

const links = list(link, 2, MOST_IN_CHAIN);

/** The whole chain, the one that acts last; nobody is in it twice. */
export const chainShape: Shape<ChainLink[]> = (value, path) => {
  const chain = links(value, path);
  if (new Set(chain.map(({ id }) => id)).size < chain.length) throw new Misfit(path, "nobody twice");
  return chain;
};

/** Whether a chain is that of this agent. */
export const isChainOf = (chain: readonly ChainLink[], agent: ChainLink): boolean => {
  const last = chain.at(-1);
  return last?.id === agent.id && last.name === agent.name;
};

/** A tool of a server, as what an agent may call is said: `files.read_file`. */
export const qualifiedTool: Shape<string> = (value, path) => {
  const given = text(1, 200)(value, path);
  const at = given.indexOf(".");
  serverName(given.slice(0, Math.max(0, at)), path);
  if (!TOOL_NAME.test(given.slice(at + 1))) throw new Misfit(path, "server.tool");
  return given;
};
