/**
 * One line of JSON an event. The fields are a closed list, so that no payload, key, token, cookie or comment can get in
 * by accident; JSON escapes line breaks, so that nobody forges a line.
 */

export interface LogFields {
  method?: string;
  /** Without query: a query may carry what a person typed. */
  path?: string;
  status?: number;
  code?: string;
  /** Why exactly something was refused. */
  reason?: string | undefined;
  person?: string;
  agent?: string;
  request?: string | undefined;
  /** Message of an error that nobody foresaw. */
  error?: string;
}

/** Writes one event, with the time. */
export function logLine(event: string, fields: LogFields): void {
  console.log(JSON.stringify({ at: new Date().toISOString(), event, ...fields }));
}

/** What went wrong, in words that may be logged: drizzle's own hold every value of the query, those of its cause do not. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? errorText(error.cause) : error.message;
}
