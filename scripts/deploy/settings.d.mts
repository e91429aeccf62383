/** Types of settings.mjs, for its tests. */
export interface Settings {
  /** Null where none is given. */
  origin: string | null;
  variables: Record<string, string>;
  secrets: Record<string, string>;
  isDryRun: boolean;
  allowsWorkersDev: boolean;
  replacesDns: boolean;
  changesOrigin: boolean;
  waitMs: number;
  isAttended: boolean;
  isThrowaway: boolean;
}

/** What --help says. */
export const USAGE: string;

export function readSettings(args: string[], environment: NodeJS.Dict<string>): Settings;

export function decideOrigin(settings: Pick<Settings, "origin" | "changesOrigin" | "allowsWorkersDev">, deployed: string | null): string;

export const SECRETS: readonly string[];
