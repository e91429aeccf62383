/** Durable Objects as `cloudflare:test` wants them: bindings type them by what callers may do, which is less. */
export const objectOf = (stub: Pick<Fetcher, "fetch">): DurableObjectStub => stub as DurableObjectStub;
