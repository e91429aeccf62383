/**
 * Cloudflare's list prices above what is included, in US dollars, as published in November 2026 on the pricing pages of
 * Workers, Durable Objects and D1. Check them before you rely on them.
 */
import type { PlatformUse } from "#test/support/service/platform-use.ts";

export const MILLION = 1e6;
const WORKER_REQUEST = 0.3 / MILLION;
const CPU_MS = 0.02 / MILLION;
const OBJECT_REQUEST = 0.15 / MILLION;
const SOCKET_EVENT = OBJECT_REQUEST / 20;
const GB_SECOND = 12.5 / MILLION;
const ROW_READ = 0.001 / MILLION;
const ROW_WRITTEN = 1 / MILLION;

/** What every object is billed as, however little it uses. */
const OBJECT_GB = 0.128;

export const objectSeconds = (seconds: number): number => seconds * OBJECT_GB * GB_SECOND;

export const requestsOf = ({ objectRequests }: PlatformUse): number => Object.values(objectRequests).reduce((sum, one) => sum + one, 0);

/** Dollars for so many calls of the Worker that used so much. */
export const priceOf = (workerRequests: number, use: PlatformUse, cpuMs: number): number =>
  workerRequests * WORKER_REQUEST +
  cpuMs * CPU_MS +
  requestsOf(use) * OBJECT_REQUEST +
  use.socketEvents * SOCKET_EVENT +
  objectSeconds(use.objectMs / 1000) +
  use.d1RowsRead * ROW_READ +
  (use.d1RowsWritten + use.objectRowsWritten) * ROW_WRITTEN;
