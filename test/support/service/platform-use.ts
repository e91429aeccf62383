/** What a piece of work used of the platform; test/workerd/support/platform-meter.ts counts it. */
export interface PlatformUse {
  /** Trips to D1, one after the other or at once; a batch is one. */
  d1Trips: number;
  d1RowsRead: number;
  d1RowsWritten: number;
  /** What objects received, each billed as one request: `ApprovalRequest.open`. */
  objectRequests: Record<string, number>;
  /** Messages and closings of sockets, twenty of which are billed as one request. */
  socketEvents: number;
  /** Values put or deleted and alarms set or deleted, each billed as one row written. */
  objectRowsWritten: number;
  /** Milliseconds that objects had something to do, if no two did at the same time. */
  objectMs: number;
}
