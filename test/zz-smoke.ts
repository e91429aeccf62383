import { startEverything, startFilesystem } from "#test/support/servers/published-servers.ts";
import { startService } from "#test/support/service/service.ts";
import { Person } from "#test/support/service/person.ts";
import { Client as Client2026, StreamableHTTPClientTransport as T26 } from "@modelcontextprotocol/client";
import { Client as Client2025 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as T25 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
const service = await startService({ env: { ALLOW_LOOPBACK_ADDRESSES: "true" } });
const every = await startEverything();
const files = await startFilesystem();
try {
  const person = await Person.enrolFirst(service);
  const agent = await person.makeAgent("bot");
  await person.addServer({
    name: "everything",
    url: every.url,
    features: { resources: true, prompts: true, completion: true, sampling: true },
  });
  await person.addServer({ name: "files", url: files.url });
  await person.acceptTools("everything");
  await person.acceptTools("files");
  console.log("accepted");
  const c25 = new Client2025({ name: "t", version: "1" });
  const h = { requestInit: { headers: { "X-Api-Key": agent.key } } };
  await c25.connect(new T25(new URL(`${service.origin}/mcp/everything`), h));
  const tools = (await c25.listTools()).tools;
  console.log(tools.map((t) => t.name).join(" "));
  console.log(JSON.stringify(tools[0]).slice(0, 600));
  let told = false;
  const result = await c25.callTool({ name: "echo", arguments: { message: "hi", _reason: "because" } }, undefined, {
    timeout: 60000,
    resetTimeoutOnProgress: true,
    onprogress: (p) => {
      console.log("progress", p);
      const url = /http:\S+/.exec(p.message ?? "")?.[0];
      if (url && !told) {
        told = true;
        void person.decide(url, "approved", "ok").then(
          () => console.log("decided"),
          (e) => console.log("DECIDE", e),
        );
      }
    },
  });
  console.log(JSON.stringify(result));
  await person.publishPolicy(`type: countersign/policy@v1\nrules:\n  - { name: all, match: { source: call }, effect: allow }\n`);
  const t0 = performance.now();
  console.log(JSON.stringify(await c25.callTool({ name: "echo", arguments: { message: "hi" } })), performance.now() - t0);
  console.log(JSON.stringify(await c25.callTool({ name: "get-sum", arguments: { a: 1, b: 2 } })));
  console.log(JSON.stringify(await c25.callTool({ name: "nope", arguments: {} }).catch((e) => String(e))));
  console.log(
    JSON.stringify(
      await c25.listResources().then(
        (r) => r.resources.length,
        (e) => String(e),
      ),
    ),
  );
  const c26 = new Client2026({ name: "t", version: "1" }, { versionNegotiation: { mode: { pin: "2026-07-28" } } });
  await c26.connect(new T26(new URL(`${service.origin}/mcp/files`), h));
  console.log(c26.getNegotiatedProtocolVersion(), (await c26.listTools()).tools.map((t) => t.name).join(" "));
  console.log(JSON.stringify(await c26.callTool({ name: "list_directory", arguments: { path: files.folder } })));
  const calls = await person.get("/api/v1/calls");
  console.log((await calls.text()).slice(0, 1500));
} catch (e) {
  console.log("ERR", e);
} finally {
  console.log(
    service.stderr
      .filter((l) => !l.includes('"event":"request"'))
      .slice(-30)
      .join("\n"),
  );
  await service.stop();
  await every.stop();
  await files.stop();
}
process.exit(0);
