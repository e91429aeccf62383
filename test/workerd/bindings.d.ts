/** What `cloudflare:workers` gives to tests. */
type ServiceBindings = import("#config/bindings.ts").Bindings;

declare namespace Cloudflare {
  interface Env extends ServiceBindings {
    TEST_MIGRATIONS: import("cloudflare:test").D1Migration[];
  }
  interface GlobalProps {
    mainModule: typeof import("#worker.ts");
  }
}
