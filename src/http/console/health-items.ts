/** How the log and its witnesses do, for settings and metrics. What cannot be read now is told as not known, and hides nothing else. */
import type { Context } from "hono";
import { errorText, logLine } from "#config/log-line.ts";
import type { Config } from "#config/config.ts";
import { witnessedHead } from "#gate/log/reading/explore-log.ts";
import type { App } from "#http/context.ts";

export interface CosignedBy {
  name: string;
  /** Null where it is none of those who cosigned the newest cosigned state. */
  cosignedAtMs: number | null;
}

/** Null where nobody is asked to cosign; then the log's writer is not asked either. */
export async function cosignedBy(c: Context<App>): Promise<CosignedBy[] | null> {
  const { config, ports } = c.var;
  if (config.witnesses === null) return null;
  const names = namesOf(config.witnesses);
  try {
    const explore = await ports.explore();
    const head = await witnessedHead(await explore.log.checkpoint(), explore);
    const times = new Map(head?.witnesses.map(({ name, timeSeconds }) => [name, timeSeconds * 1_000]));
    return names.map((name) => ({ name, cosignedAtMs: times.get(name) ?? null }));
  } catch (error) {
    logLine("unwell", { part: "witnesses", error: errorText(error) });
    return names.map((name) => ({ name, cosignedAtMs: null }));
  }
}

const namesOf = ({ policy }: NonNullable<Config["witnesses"]>): string[] => policy.witnesses.map(({ key }) => key.name);

/** Null where nobody is asked to cosign. */
export async function witnessHealthFor({ var: { config, ports } }: Context<App>): Promise<"ok" | "behind" | "disputed" | "unknown" | null> {
  if (config.witnesses === null) return null;
  try {
    return await (await ports.log()).log.witnessHealth();
  } catch {
    return "unknown";
  }
}
