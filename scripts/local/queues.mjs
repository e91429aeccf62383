/**
 * Queues on this machine: miniflare's broker, alone. It keeps messages in memory, so what is in one is lost with the process; the gate
 * asks no more of a queue (wrangler.toml).
 */
import { readCommitted } from "../deploy/configuration.mjs";

/** A consumer's settings as the broker names them. */
const consumerOf = (consumer, workerName) => ({
  workerName,
  maxBatchSize: consumer.max_batch_size,
  maxBatchTimeout: consumer.max_batch_timeout,
  maxRetries: consumer.max_retries,
});

/** What miniflare calls the service of a Worker. */
const USER_SERVICE = "core:user:";

/**
 * The broker's services and the bindings of the queues that the upload asks for, where `worker` is the service that sends and consumes;
 * nothing if it asks for none.
 */
export async function queuesOf({ metadata }, { plugin, worker }) {
  const queues = metadata.bindings.filter(({ type }) => type === "queue");
  const consumers = readCommitted().raw.queues?.consumers ?? [];
  const config = {
    env: Object.fromEntries(queues.map(({ name, queue_name: queue }) => [name, { type: "queue", name: queue }])),
    triggers: consumers.map(({ queue }) => ({ type: "queue", name: queue })),
  };
  const services = await plugin.getServices({
    options: { config },
    workerNames: [worker],
    queueProducers: queues.map(({ queue_name: queueName }) => [queueName, { workerName: worker, queueName }]),
    queueConsumers: consumers.map((consumer) => [consumer.queue, consumerOf(consumer, worker)]),
    devRegistryEnabled: false,
  });
  for (const { worker: broker } of services) broker.bindings = broker.bindings.flatMap((binding) => withServices(binding));
  return { services, bindings: queues.length === 0 ? [] : plugin.getBindings({ config }) };
}

/** As it is here: there is no miniflare around to hear what the broker would say, and Workers have their own names. */
function withServices(binding) {
  if (binding.service?.name === "loopback") return [];
  if (!binding.service?.name.startsWith(USER_SERVICE)) return [binding];
  return [{ ...binding, service: { name: binding.service.name.slice(USER_SERVICE.length) } }];
}
