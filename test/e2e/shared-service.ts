/** One service for the tests that need none of their own: `inject("service")`. */
import { rmSync } from "node:fs";
import type { TestProject } from "vitest/node";
import { startService } from "#test/support/service/service.ts";

declare module "vitest" {
  export interface ProvidedContext {
    service: { origin: string; setupToken: string };
  }
}

/** Starts it on a free port with an empty state, and stops it after the last test. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const service = await startService();
  if (service.setupToken === null) throw new Error("an empty state waits for its first person");
  project.provide("service", { origin: service.origin, setupToken: service.setupToken });
  return async () => {
    await service.stop();
    rmSync(service.stateDir, { recursive: true });
  };
}
