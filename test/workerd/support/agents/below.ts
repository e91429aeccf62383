/** Agents below others, as those above make them over REST. */
import type { BelowItem } from "#api/agents/below.ts";
import { given } from "../invited.ts";
import { call } from "../people.ts";

export type MadeBelow = BelowItem & { key: string };
interface Above {
  key: string;
}

const PATH = "/api/v1/agents/self/delegations";

export const sendBelow = ({ key }: Above, body: object): Promise<Response> => call("POST", PATH, { key, origin: null, body });

/** Makes an agent below that has to be. */
export const below = async (above: Above, body: object): Promise<MadeBelow> => given<MadeBelow>(await sendBelow(above, body), 201);

/** Agents below one another, the first directly below `top`. */
export async function chainBelow(top: Above, names: readonly string[]): Promise<MadeBelow[]> {
  const made: MadeBelow[] = [];
  for (const name of names) made.push(await below(made.at(-1) ?? top, { name }));
  return made;
}

export const listBelow = async ({ key }: Above): Promise<(BelowItem & { stopped: boolean; created_at: string })[]> =>
  (await given<{ items: (BelowItem & { stopped: boolean; created_at: string })[] }>(await call("GET", PATH, { key, origin: null }))).items;

export const endBelow = ({ key }: Above, id: string): Promise<Response> => call("DELETE", `${PATH}/${id}`, { key, origin: null });
