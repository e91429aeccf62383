/** A new key, shown once, with the configuration that holds it. */
import { byId } from "#pages/kit/browser/page.ts";

/** `origin`: the service's. */
export function fillKey(origin: string, key: string): void {
  const url = `${origin}/mcp`;
  byId("key").textContent = key;
  const command = `claude mcp add --transport http countersign ${url} --header "X-Api-Key: ${key}"`;
  byId("claude-code").textContent = command;
  byId("mcp-servers").textContent = JSON.stringify(
    { mcpServers: { countersign: { type: "http", url, headers: { "X-Api-Key": key } } } },
    null,
    2,
  );
  byId("copied").textContent = "";
}
