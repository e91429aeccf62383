/** The id of a trace, of W3C's `traceparent` or by itself: what is the same however many spans there are. */
export const traceId = (trace: string): string => /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(trace)?.[1] ?? trace;
