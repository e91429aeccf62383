/**
 * `node ask-public-network.mjs VARIABLES ADDRESS…`: the network for addresses that somebody outside named, as npm start has it with these
 * variables (JSON), in a runtime of its own. Prints for each address its status, or "refused", as JSON.
 */
import { serializeConfig } from "miniflare";
import { publicNetwork } from "../../../scripts/local/runtime-config.mjs";
import { post, runtime, withSocket } from "../../../scripts/local/runtime.mjs";

const ASKER = `export default {
  async fetch(request, { NETWORK }) {
    const address = await request.text();
    return NETWORK.fetch(address).then(({ status }) => new Response(String(status)), () => new Response("refused"));
  },
};`;

const [variables, ...addresses] = process.argv.slice(2);
const network = publicNetwork(JSON.parse(variables));
const asker = {
  modules: [{ name: "asker.mjs", esModule: ASKER }],
  compatibilityDate: "2026-10-15",
  bindings: [{ name: "NETWORK", service: { name: network.name } }],
};
await withSocket(async (socket) => {
  const stopping = new AbortController();
  const { signal } = stopping;
  const config = serializeConfig({
    services: [network, { name: "asker", worker: asker }],
    sockets: [{ name: "ask", address: `unix:${socket}`, http: {}, service: { name: "asker" } }],
  });
  const running = runtime(config, { signal, onLine: () => {} });
  const answers = [];
  for (const address of addresses) answers.push((await post(socket, address, { signal })).text);
  stopping.abort();
  await running;
  console.log(JSON.stringify(answers));
});
