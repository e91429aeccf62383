/** What workerd is told to run: the Worker, its database and its objects, and what listens where. */
import { createRequire } from "node:module";
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { queuesOf } from "./queues.mjs";
import { workerName } from "./upload.mjs";

/** A second of work to load, which a start that is refused does without. */
const miniflare = () => import("miniflare");
const MINIFLARE = dirname(createRequire(import.meta.url).resolve("miniflare"));
const COMPATIBILITY_DATE = "2026-10-15";

const readOwn = (name) => readFileSync(fileURLToPath(new URL(`workers/${name}`, import.meta.url)), "utf8");
const readMiniflare = (name) => readFileSync(join(MINIFLARE, "workers", "shared", name), "utf8");

/** A small Worker of this folder's. */
const ownWorker = (name, bindings, flags = []) => ({
  name,
  worker: {
    modules: [{ name: `${name}.mjs`, esModule: readOwn(`${name}.mjs`) }],
    compatibilityDate: COMPATIBILITY_DATE,
    compatibilityFlags: flags,
    bindings,
  },
});

/** One part of miniflare, alone, on the files that `wrangler dev` keeps: the services, and the binding by that name. */
async function storageParts(plugin, name, resource, persistence) {
  const options = { config: { env: { [name]: resource } } };
  const shared = { resourcePersistencePath: persistence };
  const services = await plugin.getServices({ options, sharedOptions: shared, tmpPath: persistence });
  // Without miniflare around it there is nobody to send its errors to; it prints them.
  for (const { worker } of services) if (worker) worker.bindings = worker.bindings.filter(({ service }) => service?.name !== "loopback");
  const [binding] = await plugin.getBindings(options, shared);
  return { services, binding };
}

/** What these parts import. */
const storageModules = () => ({
  modules: [
    { name: "miniflare:shared", esModule: readMiniflare("index.worker.js") },
    { name: "miniflare:zod", esModule: readMiniflare("zod.worker.js") },
  ],
});

const isOf = (type) => (binding) => binding.type === type;

/** How often somebody may call, counted in the Worker's own memory: there is one process. */
const CALL_LIMIT = "countersign-internal:call-limit";
const callLimits = { modules: [{ name: CALL_LIMIT, esModule: readOwn("call-limit.mjs"), internal: true }] };
const callLimit = ({ name, simple }) => ({
  name,
  wrapped: {
    moduleName: CALL_LIMIT,
    innerBindings: Object.entries(simple).map(([member, value]) => ({ name: member, json: JSON.stringify(value) })),
  },
});

/** The bindings that are the platform's to provide, as the upload asks for them. E-mail is not: nothing here sends any. */
const platformBindings = ({ bindings }, { stores, queues }) => [
  ...stores.map(({ binding }) => binding),
  ...queues.bindings,
  { name: "PUBLIC_NETWORK", service: { name: PUBLIC_NETWORK } },
  ...bindings
    .filter(isOf("durable_object_namespace"))
    .map(({ name, class_name: className }) => ({ name, durableObjectNamespace: { className } })),
  ...bindings.filter(isOf("ratelimit")).map(callLimit),
  ...bindings.filter(isOf("assets")).map(({ name }) => ({ name, service: { name: "assets" } })),
  ...bindings
    .filter(isOf("version_metadata"))
    .map(({ name }) => ({ name, json: JSON.stringify({ id: crypto.randomUUID(), tag: "", timestamp: new Date().toISOString() }) })),
];

const variablesOf = ({ bindings }, variables) =>
  Object.entries({ ...Object.fromEntries(bindings.filter(isOf("plain_text")).map(({ name, text }) => [name, text])), ...variables }).map(
    ([name, text]) => ({ name, text }),
  );

function gateService({ metadata, script }, { variables, stores, queues }) {
  const objects = metadata.bindings.filter(isOf("durable_object_namespace"));
  return {
    name: "gate",
    worker: {
      modules: [{ name: metadata.main_module, esModule: script }],
      compatibilityDate: metadata.compatibility_date,
      compatibilityFlags: metadata.compatibility_flags,
      bindings: [...platformBindings(metadata, { stores, queues }), ...variablesOf(metadata, variables)],
      durableObjectNamespaces: objects.map(({ class_name: className }) => ({
        className,
        uniqueKey: `${workerName()}-${className}`,
        enableSql: true,
      })),
      durableObjectStorage: { localDisk: "objects" },
      globalOutbound: { name: "internet" },
    },
  };
}

const assetsService = ({ assets }) =>
  ownWorker("assets", [
    { name: "ASSETS", json: JSON.stringify(assets.map(({ path, type }) => ({ path, type }))) },
    ...assets.map(({ path, contents }) => ({ name: path, data: contents })),
  ]);

/**
 * For what somebody outside named. The runtime resolves a name and connects to the very address that it has judged, so no name leads
 * inside, whenever it changes. Development may send to this machine.
 */
const PUBLIC_NETWORK = "public-network";
export const publicNetwork = ({ ALLOW_LOOPBACK_ADDRESSES: loopback }) => ({
  name: PUBLIC_NETWORK,
  network: { allow: loopback === "true" ? ["public", "local"] : ["public"], tlsOptions: { trustBrowserCas: true } },
});

/** Witnesses may be anywhere, this machine included. */
const INTERNET = { name: "internet", network: { allow: ["public", "private"], tlsOptions: { trustBrowserCas: true } } };

/**
 * Every caller is of this machine, whatever it says of itself; the platform tells the Worker the same way, and takes what it
 * says from nobody else.
 */
const FROM_HERE = [{ name: "CF-Connecting-IP", value: "127.0.0.1" }];

/** `name` is that of its binding. */
async function databaseOf({ metadata }, name, persistence) {
  const { id } = metadata.bindings.find((binding) => isOf("d1")(binding) && binding.name === name);
  return storageParts((await miniflare()).D1_PLUGIN, name, { type: "d1", id }, persistence);
}

const databasesOf = (upload, persistence) =>
  Promise.all(upload.metadata.bindings.filter(isOf("d1")).map(({ name }) => databaseOf(upload, name, persistence)));

/** None if wrangler.toml binds none. */
async function archivesOf({ metadata }, persistence) {
  const { R2_PLUGIN } = await miniflare();
  const buckets = metadata.bindings.filter(isOf("r2_bucket"));
  return Promise.all(
    buckets.map(({ name, bucket_name: bucket }) => storageParts(R2_PLUGIN, name, { type: "r2", name: bucket }, persistence)),
  );
}

/**
 * What objects and requests leave behind is garbage within a second. Young space that may not grow is collected before that is taken
 * for long-lived, which holds on to native memory besides; docs/performance.md has both.
 */
const SMALL_YOUNG_SPACE = ["--max-semi-space-size=1"];

/** Two of a kind share what is of the kind. */
const servicesOf = (stores) => [...new Map(stores.flatMap(({ services }) => services).map((service) => [service.name, service])).values()];

/** The gate on its port, straight to the Worker; and the clock, which only a file of this user's leads to. */
export async function gateConfig(upload, { port, persistence, variables, clock }) {
  const stores = [...(await databasesOf(upload, persistence)), ...(await archivesOf(upload, persistence))];
  const objects = join(persistence, "do");
  mkdirSync(objects, { recursive: true });
  const { serializeConfig, QUEUES_PLUGIN } = await miniflare();
  const queues = await queuesOf(upload, { plugin: QUEUES_PLUGIN, worker: "gate" });
  return serializeConfig({
    services: [
      ...servicesOf(stores),
      ...queues.services,
      gateService(upload, { variables, stores, queues }),
      assetsService(upload),
      ownWorker("cron", [{ name: "GATE", service: { name: "gate" } }], ["service_binding_extra_handlers"]),
      { name: "objects", disk: { path: objects, writable: true } },
      INTERNET,
      publicNetwork(variables),
    ],
    sockets: [
      { name: "gate", address: `127.0.0.1:${port}`, http: { injectRequestHeaders: FROM_HERE }, service: { name: "gate" } },
      { name: "clock", address: `unix:${clock}`, http: {}, service: { name: "cron" } },
    ],
    extensions: [storageModules(), callLimits],
    v8Flags: SMALL_YOUNG_SPACE,
  });
}

/** One database alone, and who brings it up to date. */
export async function migrationConfig(upload, { binding, persistence, socket }) {
  const database = await databaseOf(upload, binding, persistence);
  const { serializeConfig } = await miniflare();
  return serializeConfig({
    services: [...database.services, ownWorker("migrate", [{ ...database.binding, name: "DB" }])],
    sockets: [{ name: "migrate", address: `unix:${socket}`, http: {}, service: { name: "migrate" } }],
    extensions: [storageModules()],
  });
}
