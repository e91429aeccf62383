/** The gate's ports for a person's own notifications, made of this Worker's bindings. */
import type { Bindings } from "#config/bindings.ts";
import type { Config } from "#config/config.ts";
import { deliveryPorts } from "#durable-objects/delivery-ports.ts";
import { b64u } from "#countersign/encoding/bytes.ts";
import { refuse } from "#countersign/result.ts";
import { sendAtOnce } from "#gate/channels/send-code.ts";
import type { NotificationPorts } from "#http/ports.ts";
import { checkPasskeyAssertion } from "#passkeys/authentication.ts";
import { checkAddress } from "#rules/addresses/check-address.ts";
import { activeChannel, confirmedContact, contactAt, countCode, forgetContact, keepContact, tryCode } from "#storage/channels/contacts.ts";
import { delegateById, delegationsOf } from "#storage/channels/delegations.ts";
import { counterPorts } from "#storage/passkeys/counter.ts";
import { passkeyAndPerson } from "#storage/people.ts";
import { vaultOf } from "#vault/vault.ts";
import { triggerDelivery } from "./delivery.ts";
import { logOf } from "./log-ports.ts";

/** Everything that their verbs need. */
export async function notificationPorts(env: Bindings, config: Config): Promise<NotificationPorts> {
  const { DB } = env;
  const { origin, serverSecret } = config;
  const { log, origin: logOrigin } = await logOf(env, config);
  const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes));
  const rules = { ownHost: new URL(origin).host, allowsLoopback: config.outbound.allowsLoopback };
  return {
    log,
    logOrigin,
    origin,
    serverSecret,
    now: Date.now,
    random,
    vault: vaultOf(config),
    passkeyAndPerson: (credentialId) => passkeyAndPerson(DB, credentialId),
    checkAssertion: (claim, passkey) => checkPasskeyAssertion(claim, passkey, origin),
    ...counterPorts(DB),
    delegateById: (id) => delegateById(DB, id),
    delegationsOf: (personId, now) => delegationsOf(DB, personId, now),
    activeChannel: (id) => activeChannel(DB, id),
    checkAddress: (address) => checkAddress(address, rules),
    contactAt: (personId, channelId, addressHash) => contactAt(DB, personId, channelId, addressHash),
    keepContact: (contact, most, told) => keepContact(DB, contact, most, told),
    countCode: (personId) => countCode(DB, personId, Date.now()),
    sendNow: async (channelId, to, content) => {
      const channel = await activeChannel(DB, channelId);
      if (channel === null) return refuse({ answer: "channel_not_active" });
      return await sendAtOnce(channel, { id: `msg_${b64u(random(24))}`, ...to, content }, deliveryPorts(env, config));
    },
    forgetContact: (personId, id) => forgetContact(DB, personId, id),
    tryCode: (personId, id, now, most) => tryCode(DB, personId, id, now, most),
    confirmContact: (id, codeHash, at, told) => confirmedContact(DB, id, codeHash, at, told),
    deliverSoon: () => triggerDelivery(env),
  };
}
