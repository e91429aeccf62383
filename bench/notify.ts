/**
 * From an ask to whoever is told of it, at a thousand asks a minute: until a webhook's receiver, and a mail service, have the message in
 * full. With the queue, and by the objects' alarms where there is none. Receivers answer at once; each ask is of another action, so that
 * none is folded into others but by its number, for which the agent's own messages are deleted meanwhile.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout } from "node:timers/promises";
import { newWebhookCredential } from "#channels/webhook-keys.ts";
import { channelOrigin, type ChannelSettings } from "#rules/notices/channel-settings.ts";
import { makeVault } from "#vault/vault.ts";
import { begin, tell } from "./begin.ts";
import { Gate } from "./gate.ts";
import { number, printTable, quantile } from "./statistics.ts";

const ASKS = 1_000;
const EVERY_MS = 60;
const MOST_WAIT_MS = 60_000;
const WEBHOOK = "hooks.example.com";
const MAIL = "api.resend.com";

/** When each request was heard of, by host and request. */
class Receivers {
  readonly heard = new Map<string, number>();
  doubles = 0;

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const [id] = /apr_[A-Za-z0-9_-]{32}/.exec(Buffer.concat(chunks).toString()) ?? [];
    if (id !== undefined) {
      const key = `${request.headers.host} ${id}`;
      if (this.heard.has(key)) this.doubles += 1;
      else this.heard.set(key, performance.now());
    }
    response.writeHead(200, { "content-type": "application/json" }).end('{"id":"1"}');
  }
}

const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes));
const vault = makeVault({ secret: new Uint8Array(32).fill(3), nextSecret: null, serverSecret: new Uint8Array(32).fill(2), random });

/** A webhook for systems, and mail to the one person, as the batches of their additions leave them. */
async function addChannels(gate: Gate): Promise<void> {
  const database = await gate.running.runtime.getD1Database("DB");
  const now = new Date().toISOString();
  const add = async (id: string, settings: ChannelSettings, credential: string) => {
    const sealed = await vault.seal(credential, { label: "channel", id, origin: channelOrigin(settings) });
    await database
      .prepare(
        `INSERT INTO channel (id, name, kind, settings, events, credential, number, state, state_at, created_at, leaf_index)
         VALUES (?1, ?1, ?2, ?3, ?4, ?5, 1, 'active', ?6, ?6, 0)`,
      )
      .bind(id, settings.kind, JSON.stringify(settings), settings.kind === "webhook" ? '["request.opened"]' : "[]", sealed, now)
      .run();
  };
  const webhook = { kind: "webhook", url: `https://${WEBHOOK}/in`, signing: "hmac", public_key: null, events: ["request.opened"] } as const;
  await add("chn_systems", { ...webhook, events: [...webhook.events] }, newWebhookCredential("hmac", random));
  await add("chn_mail", { kind: "email", via: "resend", from: "gate@example.com", relay: null, places: [] }, "re_key_of_the_bench");
  const address = await vault.seal("alex@example.com", { label: "contact", id: "cnt_1", origin: "" });
  await database
    .prepare(
      `INSERT INTO contact (id, person_id, channel_id, address, address_hash, label, confirmed_at, created_at, seen_at)
       VALUES ('cnt_1', ?1, 'chn_mail', ?2, '', '', ?3, ?3, ?3)`,
    )
    .bind(gate.personId, address, now)
    .run();
}

interface Measured {
  name: string;
  seconds: number;
  webhookMs: number[];
  mailMs: number[];
  missing: number;
  doubles: number;
}

async function measure(name: string, more: object): Promise<Measured> {
  tell(name);
  const receivers = new Receivers();
  const outboundService = { node: (request: IncomingMessage, response: ServerResponse) => receivers.answer(request, response) };
  const gate = await Gate.start({ around: null, more: { ...more, outboundService } });
  try {
    await addChannels(gate);
    const database = await gate.running.runtime.getD1Database("DB");
    const asked: { id: string; atMs: number }[] = [];
    const startedMs = performance.now();
    const asks: Promise<void>[] = [];
    for (let i = 0; i < ASKS; i++) {
      const atMs = performance.now();
      asks.push(gate.ask().then(({ request_id: id }) => void asked.push({ id, atMs })));
      // A person who is told of this many of one agent is told of them together: what they were told before is forgotten.
      if (i % 5 === 4) await database.prepare("UPDATE message SET alike = NULL WHERE alike IS NOT NULL").run();
      await setTimeout(Math.max(0, startedMs + (i + 1) * EVERY_MS - performance.now()));
    }
    await Promise.all(asks);
    const seconds = (performance.now() - startedMs) / 1_000;
    const all = () => asked.every(({ id }) => receivers.heard.has(`${WEBHOOK} ${id}`) && receivers.heard.has(`${MAIL} ${id}`));
    while (!all() && performance.now() - startedMs < seconds * 1_000 + MOST_WAIT_MS) await setTimeout(100);
    const latencies = (host: string) =>
      asked.flatMap(({ id, atMs }) => {
        const heardMs = receivers.heard.get(`${host} ${id}`);
        return heardMs === undefined ? [] : [heardMs - atMs];
      });
    const [webhookMs, mailMs] = [latencies(WEBHOOK), latencies(MAIL)];
    return { name, seconds, webhookMs, mailMs, missing: 2 * ASKS - webhookMs.length - mailMs.length, doubles: receivers.doubles };
  } finally {
    await gate.stop();
  }
}

begin();
const queue = {
  queueProducers: { NOTICES: { queueName: "notices" } },
  queueConsumers: { notices: { maxBatchSize: 10, maxBatchTimeout: 0, maxRetries: 3 } },
};
const measured = [await measure("with the queue", queue), await measure("by the objects' alarms", {})];
printTable(
  `${ASKS} asks, one every ${EVERY_MS} ms: milliseconds until a receiver has the message`,
  measured.flatMap(({ name, seconds, webhookMs, mailMs, missing, doubles }) =>
    [["webhook", webhookMs] as const, ["mail", mailMs] as const].map(([to, ms]) => ({
      told: name,
      to,
      "asks a minute": number((60 * ASKS) / seconds),
      median: number(quantile(ms, 0.5)),
      "99 %": number(quantile(ms, 0.99)),
      "100 %": number(quantile(ms, 1)),
      "within 2 s": `${((100 * ms.filter((one) => one <= 2_000).length) / ASKS).toFixed(1)} %`,
      missing,
      doubles,
    })),
  ),
);
