/** What `cloudflare:workers` gives to tests. */
type ServiceBindings = import("../../src/env.ts").Bindings;

declare namespace Cloudflare {
  interface Env extends ServiceBindings {
    TEST_MIGRATIONS: import("cloudflare:test").D1Migration[];
  }
  interface GlobalProps {
    mainModule: typeof import("../../src/worker.ts");
  }
}
