/** What the pages with agents and stops give to their scripts (api/people-shapes.ts, agentsBlockShape). */
import type { Of } from "#countersign/json/shape.ts";
import type { agentsBlockShape } from "#api/people-shapes.ts";
import type { StopItem } from "#api/people-data.ts";
import type { ListedAgent } from "./agent-view.ts";

/** Of those agents that are not revoked. */
export const agentsBlock = (agents: readonly ListedAgent[], everything: StopItem | null): Of<typeof agentsBlockShape> => ({
  agents: agents.flatMap(({ id, name, owner, groups, revokedAt, stopped }) =>
    revokedAt === null ? [{ id, name, owner, groups: [...groups], stopped }] : [],
  ),
  everything,
});
