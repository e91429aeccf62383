/** What the object of an MCP server keeps of what people gave the gate leave for there: grants, sealed, and people on their way. */
import type { Flow } from "#gate/servers/remote-upstream.ts";
import type { FlowStore } from "#upstreams/oauth/flows.ts";
import type { GrantStore, KeptServerGrant } from "#upstreams/oauth/grant-tokens.ts";

const GRANT = "grant:";
const FLOW = "flow:";

class Kept<Value> {
  readonly #storage: DurableObjectStorage;
  readonly #prefix: string;

  constructor(storage: DurableObjectStorage, prefix: string) {
    this.#storage = storage;
    this.#prefix = prefix;
  }

  read(key: string): Value | null {
    return this.#storage.kv.get<Value>(this.#prefix + key) ?? null;
  }

  all(): Value[] {
    return [...this.#storage.kv.list<Value>({ prefix: this.#prefix })].map(([, value]) => value);
  }

  async put(key: string, value: Value): Promise<void> {
    this.#storage.kv.put(this.#prefix + key, value);
    await this.#storage.sync();
  }

  async drop(key: string): Promise<void> {
    this.#storage.kv.delete(this.#prefix + key);
    await this.#storage.sync();
  }
}

export class KeptGrants extends Kept<KeptServerGrant> implements GrantStore {
  constructor(storage: DurableObjectStorage) {
    super(storage, GRANT);
  }

  write(grant: KeptServerGrant): Promise<void> {
    return this.put(grant.id, grant);
  }
}

export class KeptFlows extends Kept<Flow> implements FlowStore {
  constructor(storage: DurableObjectStorage) {
    super(storage, FLOW);
  }

  write(flow: Flow): Promise<void> {
    return this.put(flow.stateHash, flow);
  }
}
