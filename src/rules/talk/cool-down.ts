/** After somebody has denied something of an agent, nothing of it that is of high or critical risk is approved for a while. Pure. */
import { isV2, type RequestDocument } from "#countersign/documents/request.ts";

export const COOL_DOWN_MS = 30_000;

/** Whether what is asked for is of high or critical risk. */
export function isGrave(request: RequestDocument): boolean {
  const level = isV2(request) ? request.context.risk?.level : undefined;
  return level === "high" || level === "critical";
}

/** How long it may not be approved yet, in milliseconds; 0 if it may. `denials`: when something of its agent was denied. */
export function coolingMs(request: RequestDocument, denials: readonly string[], nowMs: number): number {
  if (!isGrave(request)) return 0;
  // A denial that seems to be still to come was a moment ago, by another machine's clock.
  return Math.max(0, ...denials.map((at) => Math.min(Date.parse(at), nowMs) + COOL_DOWN_MS - nowMs));
}
