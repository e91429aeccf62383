/** What `/api/v1/stop` and the pages show of stops (api/people-data.ts). */
import type { StopItem, StopsNow } from "#api/people-data.ts";
import { type StopInForce, stopsInForce } from "#storage/stops/stops.ts";

/** The stops in force; of agents only those of these, if they are given. */
export async function readStops(d1: D1Database, ids: readonly string[] | null = null): Promise<StopsNow> {
  const stops = await stopsInForce(d1, ids);
  const everything = stops.find(({ agent }) => agent === null);
  return {
    everything: everything === undefined ? null : itemOf(everything),
    agents: stops.flatMap((stop) => (stop.agent === null ? [] : [{ ...stop.agent, ...itemOf(stop) }])),
  };
}

const itemOf = ({ number, since, by }: StopInForce): StopItem => ({ number, since, by });
