/** What channels need of the operator. All of it is optional: without it, what needs it is off. */
import type { Bytes } from "#countersign/encoding/bytes.ts";
import type { Bindings } from "./bindings.ts";
import { ConfigurationError } from "./configuration-error.ts";
import { readSecret } from "./secret.ts";
import { SETTING_DEFAULTS } from "./settings.ts";

export interface ChannelConfig {
  /** 32 bytes, which seal credentials; null for no channels that need one. */
  vaultSecret: Bytes | null;
  /** What seals from now on, while it replaces the other; null for none. */
  vaultNextSecret: Bytes | null;
  outbound: {
    /** Whether addresses of this machine may be sent to, over HTTP too. */
    allowsLoopback: boolean;
    /** DNS over HTTPS, in JSON; null for none. */
    resolver: string | null;
  };
}

function vaultSecret(name: "VAULT_SECRET" | "VAULT_NEXT_SECRET", value: string | undefined): Bytes | null {
  return value === undefined || value === "" ? null : readSecret(name, value, ({ length }) => length === 32);
}

function allowsLoopback(value: string | undefined, { protocol }: URL): boolean {
  if (value === undefined || value === "" || value === "false") return false;
  if (value !== "true") throw new ConfigurationError('ALLOW_LOOPBACK_ADDRESSES must be "true" or "false"');
  if (protocol === "http:") return true;
  throw new ConfigurationError("ALLOW_LOOPBACK_ADDRESSES is for development: PUBLIC_ORIGIN must be http://localhost:…");
}

function resolver(value: string | undefined): string | null {
  const given = value || SETTING_DEFAULTS.DOH_RESOLVER;
  if (given === "off") return null;
  const url = URL.canParse(given) ? new URL(given) : null;
  if (url?.protocol === "https:" && url.username === "" && url.hash === "" && url.search === "") return url.href;
  throw new ConfigurationError(
    `DOH_RESOLVER must be "off" or the https address of a resolver that answers in JSON: ${SETTING_DEFAULTS.DOH_RESOLVER}`,
  );
}

/** `origin`: where the service is. Throws a ConfigurationError for what is malformed. */
export function readChannelConfig(bindings: Bindings, origin: URL): ChannelConfig {
  const channels = {
    vaultSecret: vaultSecret("VAULT_SECRET", bindings.VAULT_SECRET),
    vaultNextSecret: vaultSecret("VAULT_NEXT_SECRET", bindings.VAULT_NEXT_SECRET),
    outbound: {
      allowsLoopback: allowsLoopback(bindings.ALLOW_LOOPBACK_ADDRESSES, origin),
      resolver: resolver(bindings.DOH_RESOLVER),
    },
  };
  if (channels.vaultSecret !== null || channels.vaultNextSecret === null) return channels;
  throw new ConfigurationError("VAULT_NEXT_SECRET is set without VAULT_SECRET, which it is to replace");
}
