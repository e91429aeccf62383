/** /docs and /llms.txt: what the build made of docs/, for anyone, and nothing beside it. */
import { describe, expect, it } from "vitest";
import { call } from "#test/workerd/support/people.ts";

const stranger = (path: string, headers: Record<string, string> = {}) => call("GET", path, { origin: null, headers });

describe("a document", () => {
  it.each([
    ["/docs", "text/html; charset=utf-8", "<h1>Documentation</h1>"],
    ["/docs/", "text/html; charset=utf-8", "<h1>Documentation</h1>"],
    ["/docs/threat-model", "text/html; charset=utf-8", "<h1>Threat model</h1>"],
    ["/docs/threat-model.md", "text/markdown; charset=utf-8", "# Threat model\n"],
    ["/docs/index.md", "text/markdown; charset=utf-8", "# Documentation\n"],
    ["/llms.txt", "text/plain; charset=utf-8", "# Countersign\n"],
  ])("%s is there, under the policy that pages have", async (path, type, holds) => {
    const answer = await stranger(path);
    expect([answer.status, answer.headers.get("content-type")?.toLowerCase()]).toEqual([200, type]);
    expect(await answer.text()).toContain(holds);
    expect(answer.headers.get("content-security-policy")).toContain("script-src 'self'; style-src 'self'");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  });

  it("is answered without its text to who has it", async () => {
    const first = await stranger("/docs/threat-model");
    await first.body?.cancel();
    const etag = first.headers.get("etag") ?? "";
    expect(etag).not.toBe("");
    const again = await stranger("/docs/threat-model", { "if-none-match": etag });
    expect([again.status, await again.text(), again.headers.get("cache-control")]).toEqual([304, "", "public, max-age=300"]);
  });

  it.each([
    "/docs/nothing",
    "/docs/nothing.md",
    "/docs/index.html",
    "/docs/threat-model.html",
    "/docs/../wrangler.toml",
    "/docs/..%2fassets",
    "/docs//threat-model",
    "/docs/Threat-model",
    "/docs/threat-model%00",
    "/docs/.env",
    "/docs/package.json",
  ])("%s is none", async (path) => {
    const answer = await stranger(path);
    await answer.body?.cancel();
    expect([answer.status, answer.headers.get("cache-control")]).toEqual([404, "no-store"]);
  });
});
