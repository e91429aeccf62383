/** What `cloudflare:workers` gives to tests. */
type ServiceBindings = import("#config/bindings.ts").Bindings;

declare namespace Cloudflare {
  interface Env extends ServiceBindings {
    TEST_MIGRATIONS: import("cloudflare:test").D1Migration[];
    TEST_AUDIT_MIGRATIONS: import("cloudflare:test").D1Migration[];
    AUDIT: D1Database;
    /** Another database, which tests have lie near, as far behind as they like. Only in the project "workerd". */
    REPLICA: D1Database;
    /** Four calls of one key within a minute. */
    TEST_CALLS: RateLimit;
  }
  interface GlobalProps {
    mainModule: typeof import("#worker.ts");
  }
}
