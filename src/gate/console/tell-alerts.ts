/** Looks whether something is amiss that admins have to know, and tells them and the systems that want it: once when it begins, once when it is over. */
import { timestamp } from "#countersign/documents/words.ts";
import { type Alert, type AlertFacts, alertsOf, changedAlerts } from "#rules/console/alerts.ts";

export interface AlertPorts {
  /** How it stands now, and what is known to be amiss. */
  standing(): Promise<{ facts: AlertFacts; known: readonly Alert[] }>;
  /**
   * Writes down what has begun and takes away what is over, each with what is told of it in the same write: of two rounds at the same moment
   * one does. Resolves to how many messages that made.
   */
  write(changed: { begun: readonly Alert[]; over: readonly Alert[] }, at: string): Promise<number>;
  now: () => number;
}

/** Resolves to whether there is something to send. */
export async function tellAlerts(ports: AlertPorts): Promise<boolean> {
  const { facts, known } = await ports.standing();
  const nowMs = ports.now();
  const at = timestamp(nowMs);
  const changed = changedAlerts(known, alertsOf(facts, known, nowMs), at);
  if (changed.begun.length + changed.over.length === 0) return false;
  return (await ports.write(changed, at)) > 0;
}
