/**
 * An MCP server over standard input and output that writes down every call that it reads, before anything else, into the file that its first
 * argument names: what was seen twice is there twice. `do` of a call: "answer", or "hold" until that call's `n` stands in the file `<file>.release`.
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const [, , file = ""] = process.argv;
const say = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const inputSchema = { type: "object", properties: { n: { type: "string" }, do: { type: "string" } } };
const done = (id, n) => say({ id, result: { content: [{ type: "text", text: `done ${n}` }] } });

const isReleased = (n) => existsSync(`${file}.release`) && readFileSync(`${file}.release`, "utf8").split("\n").includes(n);

function call(id, { n = "", do: how = "answer" }, { progressToken } = {}) {
  appendFileSync(file, `${n}\n`);
  if (how === "answer") return done(id, n);
  let progress = 0;
  const looking = setInterval(() => {
    // Who has gone is noticed by what cannot be told them any more.
    if (progressToken !== undefined) say({ method: "notifications/progress", params: { progressToken, progress: (progress += 1) } });
    if (!isReleased(n)) return;
    clearInterval(looking);
    done(id, n);
  }, 100);
}

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const { id, method, params = {} } = JSON.parse(line);
    if (method === "initialize") {
      const serverInfo = { name: "counting", version: "1" };
      return say({ id, result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo } });
    }
    if (method === "tools/list") return say({ id, result: { tools: [{ name: "write", description: "Writes it down.", inputSchema }] } });
    if (method === "ping") return say({ id, result: {} });
    if (method === "tools/call") return call(id, params.arguments ?? {}, params._meta);
    if (id !== undefined) say({ id, error: { code: -32601, message: "no such method" } });
  })
  .on("close", () => process.exit(0));
