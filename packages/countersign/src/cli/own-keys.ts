/** The keys of this command line, which are no other program's business. */
import type { Surroundings } from "./command.ts";

const OWN_KEYS = ["COUNTERSIGN_CONNECTOR_KEY", "COUNTERSIGN_CONNECTOR_KEY_FILE", "COUNTERSIGN_API_KEY", "COUNTERSIGN_STOP_TOKEN"];

/** The environment for a program that is started, without them. */
export const withoutOwnKeys = (environment: Surroundings["environment"]): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(environment).filter(([variable]) => !OWN_KEYS.includes(variable)));
