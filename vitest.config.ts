/**
 * Seven projects, named by where they run: what needs nothing in Node, the Worker's parts in workerd, those parts with faults, with
 * witnesses and with receivers of messages (files named .faults, .witnessed and .channels), the whole service from outside, and a new
 * clone. In each, a folder is a room.
 */
import { availableParallelism } from "node:os";
import type { IncomingMessage, ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig, type Plugin } from "vitest/config";
import { LongestFirst } from "#test/support/longest-first.ts";
import { TOOL_SERVER, toolServer } from "#test/support/calls/tool-server.ts";
import { ReceiverNetwork } from "#test/support/channels/receiver-network.ts";
import { mcpSpeakers } from "#test/support/servers/mcp-speakers.ts";
import { oauthSpeakers } from "#test/support/servers/oauth/scripted-issuer.ts";
import { WitnessNetwork, witnessPolicy } from "#test/support/witnesses/witness-network.ts";

/** 32 bytes of 1, of 2, of 3, and a token: tests need secrets that never change, and nothing real is signed with these. */
const TEST_VARIABLES = {
  PUBLIC_ORIGIN: "https://gate.example.com",
  LOG_SIGNING_KEY: "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
  SERVER_SECRET: "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=",
  VAULT_SECRET: "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=",
  SETUP_TOKEN: "test-setup-token-that-is-long-enough",
  MAX_PENDING_PER_AGENT: "100",
  MAX_REQUESTS_PER_MINUTE: "1000",
  MAX_REFUSALS_PER_MINUTE: "1000",
};

/** Calls within a minute, of a limit that tests reach. */
const TEST_CALLS_LIMIT = 4;

/** The tables of both databases. */
const migrations = async () => ({
  TEST_MIGRATIONS: await readD1Migrations("d1-migrations"),
  TEST_AUDIT_MIGRATIONS: await readD1Migrations("d1-migrations/audit"),
});

/** wrangler reads the configuration anew for every file of the worker tests, and would say so each time. */
process.env["WRANGLER_LOG"] = "warn";

/** Node starts a hundred times for these tests: what it has compiled it need not compile again. */
process.env["NODE_COMPILE_CACHE"] ??= fileURLToPath(new URL("node_modules/.cache/node", import.meta.url));

/** A test fails for a wrong answer, never for a slow machine; of many cases that are alike a part is run (test/support/every-case.ts). */
const PATIENCE = {
  provide: { everyCase: process.env["EVERY_CASE"] === "1" },
  testTimeout: 300_000,
  hookTimeout: 300_000,
  teardownTimeout: 60_000,
  expect: { poll: { timeout: 60_000, interval: 20 } },
};

/**
 * As in what is uploaded (wrangler.toml): code that nobody can reach is a hundred modules that each runtime would load.
 */
const CERTIFICATES = fileURLToPath(new URL("src/passkeys/no-certificates.ts", import.meta.url));
const WORKER_RESOLVE = { alias: { "@peculiar/x509": CERTIFICATES, "@peculiar/asn1-android": CERTIFICATES } };

/**
 * Packages without source maps, which are most of what a runtime is sent before its first test: where a line of a package stands is in
 * no failure that tests print.
 */
const PACKAGES_WITHOUT_MAPS: Plugin = {
  name: "packages-without-maps",
  enforce: "post",
  transform: { filter: { id: /\/node_modules\// }, handler: (code) => ({ code, map: { mappings: "" } }) },
};

/**
 * What the Worker loads when it needs it, loaded at the start: the runner of tests asks its server at each `import()`, and two calls that
 * ask at once would wait for one answer, which the runtime forbids. What is uploaded has such modules in it, and asks nobody.
 */
const MODULES_AT_START: Plugin = {
  name: "modules-at-start",
  enforce: "post",
  transform: {
    filter: { id: /\/src\/(?!pages\/)/, code: /\bimport\("/ },
    handler(code) {
      const names: string[] = [];
      const rest = code.replaceAll(/\bimport\("([^"]+)"\)/g, (_, name: string) => `Promise.resolve(atStart${names.push(name)})`);
      return { code: rest + names.map((name, n) => `\nimport * as atStart${n + 1} from "${name}";`).join(""), map: null };
    },
  },
};
const PLUGINS = [PACKAGES_WITHOUT_MAPS, MODULES_AT_START];

/**
 * Packages of many modules, bundled once for all runs: a runtime fetches and compiles each module by itself, and there would be four hundred
 * more. Not hono, whose JSX comes in by a name that cannot be bundled with the rest.
 */
const BUNDLED = [
  "zod/mini",
  "zod/v4/locales/en.js",
  "zod-openapi",
  "drizzle-orm",
  "drizzle-orm/d1",
  "drizzle-orm/sqlite-core",
  "@modelcontextprotocol/server",
  "@modelcontextprotocol/server/validators/cf-worker",
  "@simplewebauthn/server",
  "@simplewebauthn/server/helpers",
];
const deps = { optimizer: { ssr: { enabled: true, include: BUNDLED } } };

/** How the runtime is started. Not verbose: it would print every error that an object's method gives its caller, whoever catches it. */
const RUNTIME = { verbose: false, remoteBindings: false, wrangler: { configPath: "wrangler.toml" } };

/** Tests wait for leases, deadlines, pages and starts as much as they work: two more at a time than there are processors. Each
 * has a runtime, a Chromium or a process of its own, which take seconds of a processor to start. */
const WORKERS = availableParallelism() + 2;

/** Who is sent messages, a resolver of their names, and an MCP server: a network of its own for each project. */
const DOH_RESOLVER = "https://resolver.example/dns-query";
function receiverNetwork() {
  const network = new ReceiverNetwork({ ...mcpSpeakers(), ...oauthSpeakers(), [TOOL_SERVER]: toolServer });
  return { node: (request: IncomingMessage, response: ServerResponse) => network.answer(request, response) };
}

/** Files share a process, whose start and imports take longer than most of them. */
const node = { test: { ...PATIENCE, name: "node", isolate: false, include: ["test/node/**/*.test.ts"] } };

/** Files share a runtime, whose start takes longer than most of them: setup.ts empties its storage before each. */
const workerd = {
  resolve: WORKER_RESOLVE,
  plugins: [
    ...PLUGINS,
    cloudflareTest(async () => ({
      ...RUNTIME,
      miniflare: {
        bindings: { ...TEST_VARIABLES, ...(await migrations()) },
        // What D1's platform has and its emulator has not (storage/near).
        d1Databases: { REPLICA: "replica" },
        // As those of wrangler.toml, and soon reached.
        ratelimits: { TEST_CALLS: { namespace_id: "1", simple: { limit: TEST_CALLS_LIMIT, period: 60 } } },
      },
    })),
  ],
  test: {
    ...PATIENCE,
    name: "workerd",
    deps,
    isolate: false,
    include: ["test/workerd/**/*.test.ts"],
    exclude: ["**/*.faults.test.ts", "**/*.witnessed.test.ts", "**/*.channels.test.ts"],
    setupFiles: ["test/workerd/setup.ts"],
  },
};

/** The same Worker in a build whose every write can be made to fail. Its caps are out of the way: it asks a thousand times. */
const faults = {
  resolve: WORKER_RESOLVE,
  plugins: [
    ...PLUGINS,
    cloudflareTest(async () => ({
      ...RUNTIME,
      main: "test/workerd/faults/worker.ts",
      miniflare: {
        outboundService: receiverNetwork(),
        bindings: {
          ...TEST_VARIABLES,
          DOH_RESOLVER,
          MAX_PENDING_PER_AGENT: "100000",
          MAX_REQUESTS_PER_MINUTE: "100000",
          MAX_FAILURES_PER_MINUTE: "100000",
          MAX_REFUSALS_PER_MINUTE: "100000",
          ...(await migrations()),
        },
      },
    })),
  ],
  test: {
    ...PATIENCE,
    name: "faults",
    deps,
    isolate: false,
    include: ["test/workerd/**/*.faults.test.ts"],
    setupFiles: ["test/workerd/setup.ts"],
  },
};

/** The same Worker with three witnesses, two of which are enough. Each file has its own network of them. */
const witnesses = {
  resolve: WORKER_RESOLVE,
  plugins: [
    ...PLUGINS,
    cloudflareTest(async () => {
      const network = new WitnessNetwork("gate.example.com/log", new Uint8Array(32).fill(1));
      return {
        ...RUNTIME,
        miniflare: {
          bindings: {
            ...TEST_VARIABLES,
            WITNESS_POLICY: await witnessPolicy(),
            WITNESS_INTERVAL_SECONDS: "1",
            ...(await migrations()),
          },
          outboundService: (request) => network.fetch(request),
        },
      };
    }),
  ],
  test: {
    ...PATIENCE,
    name: "witnesses",
    deps,
    include: ["test/workerd/**/*.witnessed.test.ts"],
    setupFiles: ["test/workerd/setup.ts"],
  },
};

/** The same Worker with receivers of messages, and a resolver of their names. Files share the network: `receivers.reset()` before each test. */
const channels = {
  resolve: WORKER_RESOLVE,
  plugins: [
    ...PLUGINS,
    cloudflareTest(async () => ({
      ...RUNTIME,
      miniflare: {
        outboundService: receiverNetwork(),
        bindings: { ...TEST_VARIABLES, DOH_RESOLVER, ...(await migrations()) },
      },
    })),
  ],
  test: {
    ...PATIENCE,
    name: "channels",
    deps,
    isolate: false,
    include: ["test/workerd/**/*.channels.test.ts"],
    setupFiles: ["test/workerd/setup.ts"],
  },
};

/**
 * One service, started once, serves those that need nothing of their own; files share a process, and its Chromium.
 */
const e2e = {
  test: {
    ...PATIENCE,
    name: "e2e",
    isolate: false,
    include: ["test/e2e/**/*.test.{ts,tsx}"],
    globalSetup: ["test/e2e/shared-service.ts"],
    maxWorkers: WORKERS,
  },
};

/** A new clone, installed from nothing: minutes, so `npm run test:clone` and continuous integration run it. */
const clone = { test: { name: "clone", include: ["test/clone/**/*.test.ts"], testTimeout: 600_000, hookTimeout: 300_000 } };

export default defineConfig({
  test: {
    projects: [node, workerd, faults, witnesses, channels, e2e, clone],
    silent: "passed-only",
    maxWorkers: WORKERS,
    sequence: { sequencer: LongestFirst },
  },
});
