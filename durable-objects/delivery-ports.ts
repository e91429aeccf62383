/** What sends messages, made of this Worker's bindings: for the Worker and for requests' objects. */
import type { Bindings } from "#config/bindings.ts";
import type { Config } from "#config/config.ts";
import { errorText, logLine } from "#config/log-line.ts";
import { senders } from "#channels/senders.ts";
import type { DeliveryPorts } from "#gate/channels/delivery.ts";
import { outboundFor } from "#outbound/outbound.ts";
import { messagesIn } from "#storage/channels/messages.ts";
import { vaultOf } from "#vault/vault.ts";

export function deliveryPorts(env: Bindings, config: Config): DeliveryPorts {
  const now = () => Date.now();
  return {
    messages: messagesIn(env.DB, Math.random),
    senders: senders({ outbound: outboundFor(env, config), email: env.EMAIL ?? null, now }),
    vault: vaultOf(config),
    origin: config.origin,
    now,
    report: (event, { error, ...of }) => logLine(event, { ...of, ...(error !== undefined && { error: errorText(error) }) }),
  };
}
