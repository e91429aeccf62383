/** The package as somebody installs it, outside of this repository: in Node, in workerd, in a browser, and for the compiler. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { ANYWHERE, CAME_OF_ANYWHERE, installPackage, type InstalledPackage, runScenario } from "#test/support/installed-package.ts";
import receipt from "#test/vectors/receipt-approved.json" with { type: "json" };
import trust from "#test/vectors/trust.json" with { type: "json" };

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const EXPORTS = {
  client: "countersign",
  verify: "countersign/verify",
  evidence: "countersign/evidence",
  log: "countersign/log",
  policy: "countersign/policy",
  testing: "countersign/testing",
  mcp: "countersign/mcp",
  "ai-sdk": "countersign/ai-sdk",
  "openai-agents": "countersign/openai-agents",
  langchain: "countersign/langchain",
};

/** Bytes of a program that takes everything that the package exports there, minified and gzipped. */
const LARGEST = { countersign: 34_800, "countersign/verify": 24_400, "countersign/policy": 107_500 };

let installed: InstalledPackage;
beforeAll(async () => {
  installed = await installPackage();
});
afterAll(() => rmSync(installed.folder, { recursive: true }));

/** One file for browsers or workerd, of a program that names the package, and the names of all that went in. */
async function bundle(contents: string, minify = false) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: installed.folder },
    bundle: true,
    minify,
    write: false,
    format: "esm",
    platform: "browser",
    metafile: true,
    logLevel: "silent",
  });
  return {
    text: outputFiles[0]?.text ?? "",
    inputs: Object.values(metafile.inputs).flatMap(({ imports }) => imports.map(({ path }) => path)),
  };
}

describe("what is shipped", () => {
  it("is what was built, with the licences, and nothing else", () => {
    const kept = installed.files.filter((path) => !/^dist\/(chunk-[A-Z0-9]+\.js|types\/.*\.d\.ts)$/.test(path));
    const built = ["cli", "client-node", ...Object.keys(EXPORTS)].map((name) => `dist/${name}.js`);
    const policies = ["agent-platform", "regulated-team", "small-team"].flatMap((name) =>
      ["cases", "policy"].map((kind) => `policies/${name}.${kind}.yaml`),
    );
    expect(kept).toEqual(["LICENSE", "README.md", "dist/THIRD-PARTY-LICENSES.txt", ...built, "package.json", ...policies].toSorted());
    const inPackage = (path: string) => readFileSync(join(installed.folder, "node_modules/countersign", path), "utf8");
    expect(inPackage("LICENSE")).toBe(readFileSync(join(ROOT, "LICENSE"), "utf8"));
    expect(inPackage("dist/THIRD-PARTY-LICENSES.txt")).toMatch(/\n@noble\/hashes 2\.4\.0 \(MIT\)\n\nThe MIT License/);
    for (const part of ["@bufbuild/re2 0.6.1 (MIT)", "@marcbachmann/cel-js 8.0.0 (MIT)", "yaml 2.9.1 (ISC)"]) {
      expect(inPackage("dist/THIRD-PARTY-LICENSES.txt")).toContain(`\n${part}\n`);
    }
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
    expect(JSON.parse(inPackage("package.json"))).toMatchObject({ version, license: "MIT" });
    expect(JSON.parse(inPackage("package.json"))).not.toHaveProperty("dependencies");
  });

  it.each(Object.entries(LARGEST))("%s is at most %d bytes", async (name, largest) => {
    const { text } = await bundle(`export * from ${JSON.stringify(name)}`, true);
    const bytes = gzipSync(text, { level: 9 }).length;
    expect(bytes).toBeGreaterThan(largest * 0.7);
    expect(bytes).toBeLessThanOrEqual(largest);
  });

  it("only policies take CEL, its patterns and YAML with them", async () => {
    const taken = async (name: string) => {
      const { text } = await bundle(`export * from ${JSON.stringify(name)}`);
      return [text.includes("linearMatches"), text.includes("error parsing regexp"), text.includes("TAB_AS_INDENT")];
    };
    for (const [name, takes] of [
      ["countersign/policy", true],
      ["countersign", false],
      ["countersign/verify", false],
      ["countersign/evidence", false],
      ["countersign/log", false],
      ["countersign/testing", false],
    ] as const) {
      expect([name, await taken(name)]).toEqual([name, [takes, takes, takes]]);
    }
  });

  it.each(Object.values(EXPORTS))("%s needs nothing of Node, and nothing of the command line", async (name) => {
    const { inputs } = await bundle(`export * from ${JSON.stringify(name)}`);
    expect(inputs.length).toBeGreaterThan(1);
    expect(inputs.filter((path) => path.startsWith("node:") || /\bcli\.js$/.test(path))).toEqual([]);
  });
});

it("asks, waits, redeems, reports and verifies in this Node, and has a command line", async () => {
  expect(await runScenario(installed, process.execPath)).toEqual({
    node: process.versions.node,
    approval: {
      statuses: ["pending", "approved"],
      codes: ["payload_mismatch", "already_redeemed", "payload_not_canonical"],
      outcome: [true, "succeeded"],
    },
    verify: ["approved", "assertion_invalid"],
    log: true,
    anywhere: CAME_OF_ANYWHERE,
    remembers: true,
    cli: {
      help: [0, "Usage: countersign COMMAND …"],
      verify: [0, "Valid: approved."],
      remember: [0, "Valid: approved.", true],
      request: [5, "Pending: Deploy"],
      policyInit: [0, "Written: policy.yaml, policy.cases.yaml, policy.schema.json. Then:"],
      policyTest: [0, expect.stringMatching(/^ok +reading passes +allow, reads, low$/)],
      fsck: [2, "countersign fsck: cannot read it: this database has no log"],
      fsckLocal: [2, expect.stringContaining("npm run countersign -- fsck")],
    },
  });
  const linked = join(installed.folder, "node_modules", ".bin", "countersign");
  const { stdout } = await promisify(execFile)(linked, ["--help"], { cwd: installed.folder });
  expect(stdout).toMatch(/^Usage: countersign COMMAND …\n/);
});

/** Verifies a receipt, and asks and acts with a service in memory, wherever it runs: `await here(receipt, trust)`. */
const HERE = `
  ${readFileSync(ANYWHERE, "utf8").replace("export ", "")}
  const here = async (client, { parseReceipt, verifyReceipt }, testing, text, trust) => {
    const receipt = parseReceipt(text);
    const verified = receipt.ok ? await verifyReceipt(receipt.value, trust) : receipt;
    const { publicKey } = await testing.SoftwarePasskey.create();
    return [verified.ok ? verified.value.status : verified.refusal.code, await anywhere(client, testing), typeof publicKey];
  };
`;
const CAME_OF_IT = ["approved", CAME_OF_ANYWHERE, "string"];
const TRUST = { vkey: trust.vkey, origin: trust.origin };

it("does so in workerd", async () => {
  const { text } = await bundle(`
    import * as client from "countersign"; import * as verify from "countersign/verify"; import * as testing from "countersign/testing";
    ${HERE}
    export default { fetch: async (request) => Response.json(await here(client, verify, testing, await request.text(), ${JSON.stringify(TRUST)})) };
  `);
  const modules = [{ type: "ESModule" as const, path: "worker.js", contents: text }];
  const runtime = new Miniflare(convertV4MiniflareOptions({ modules, compatibilityDate: "2026-10-15" }));
  try {
    const response = await runtime.dispatchFetch("http://localhost/", { method: "POST", body: JSON.stringify(receipt) });
    const withoutKey = "CountersignError log_key_needed";
    expect(await response.json()).toEqual(CAME_OF_IT.with(1, { ...CAME_OF_ANYWHERE, withoutKey }));
  } finally {
    await runtime.dispose();
  }
});

it("does so in a page, from the files as they are installed", async () => {
  const dist = join(installed.folder, "node_modules", "countersign", "dist");
  const server = createServer((request, response) => {
    const path = join(dist, new URL(request.url ?? "/", "http://localhost").pathname);
    const isScript = path.endsWith(".js") && existsSync(path);
    response
      .writeHead(200, { "content-type": isScript ? "text/javascript" : "text/html" })
      .end(isScript ? readFileSync(path) : "<!doctype html>");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const browser = await enterChromium();
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/`);
    const names = ["client", "verify", "testing"].map((name) => `await import("/${name}.js")`).join(", ");
    const given = [JSON.stringify(receipt), TRUST].map((one) => JSON.stringify(one)).join(", ");
    expect(await page.evaluate(`(async () => { ${HERE} return await here(${names}, ${given}); })()`)).toEqual(CAME_OF_IT);
  } finally {
    await leaveChromium();
    server.close();
  }
});

describe("for the compiler", () => {
  /** Compiles these files as strictly as anybody does, the package's declarations included; gives what the compiler says. */
  async function compile(files: Record<string, string>, options: Record<string, unknown>): Promise<string> {
    const compilerOptions = { module: "nodenext", target: "es2023", strict: true, skipLibCheck: false, noEmit: true, ...options };
    writeFileSync(join(installed.folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: Object.keys(files) }));
    for (const [name, content] of Object.entries(files)) writeFileSync(join(installed.folder, name), content);
    const tsc = [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", installed.folder];
    return await promisify(execFile)(process.execPath, tsc, { cwd: installed.folder }).then(
      () => "",
      (error: unknown) => String((error as { stdout: unknown }).stdout),
    );
  }

  /** What the package's README shows, and a use of everything that there is to import at run time. */
  async function examples(): Promise<Record<string, string>> {
    const readme = readFileSync(join(installed.folder, "node_modules/countersign/README.md"), "utf8");
    const shown = [...readme.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code = ""]) => code);
    expect(shown).toHaveLength(8);
    const files = Object.fromEntries(shown.map((code, index) => [`shown-${index}.ts`, code]));
    for (const [file, name] of Object.entries(EXPORTS)) {
      const exported = (await import(join(installed.folder, "node_modules/countersign/dist", `${file}.js`))) as object;
      const uses = Object.keys(exported).map((one) => `  ${one}: all.${one},`);
      files[`all-${file}.ts`] = `import * as all from "${name}";\nexport const used = {\n${uses.join("\n")}\n};\n`;
    }
    return files;
  }

  it.each([
    ["in Node", { types: ["node"], typeRoots: [join(ROOT, "node_modules/@types")], lib: ["es2024"] }],
    ["in a browser", { types: [], lib: ["es2024", "dom"] }],
  ])("what it exports has types, %s", async (_, options) => {
    expect(await compile(await examples(), options)).toBe("");
  });

  it("what docs/adapters.md shows has types, with the frameworks as they are published", async () => {
    for (const name of ["ai", "zod", "@openai/agents-core", "@langchain/core", "@modelcontextprotocol/sdk"]) {
      const there = join(installed.folder, "node_modules", name);
      mkdirSync(dirname(there), { recursive: true });
      symlinkSync(join(ROOT, "node_modules", name), there);
    }
    const page = readFileSync(join(ROOT, "docs/adapters.md"), "utf8");
    const shown = [...page.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code = ""], index) => [`adapter-${index}.ts`, code]);
    expect(shown).toHaveLength(4);
    const options = { types: ["node"], typeRoots: [join(ROOT, "node_modules/@types")], lib: ["es2024"], skipLibCheck: true };
    expect(await compile(Object.fromEntries(shown) as Record<string, string>, options)).toBe("");
  });

  it("a payload is any object, and an answer is looked at before it is used", async () => {
    const lines = [
      'import { CountersignClient, type Ask } from "countersign";',
      "interface Deployment { readonly service: string; replicas?: number }",
      "declare const deployment: Deployment;",
      'export const ask: Ask = { action: "Deploy", payload: deployment };',
      "declare const client: CountersignClient;",
      "export const status = (await client.request(ask)).value.status;",
    ];
    const said = await compile({ "example.ts": lines.join("\n") }, { types: [], lib: ["es2024", "dom"] });
    expect(said.match(/^.*error.*$/gm)).toEqual([expect.stringMatching(/^example\.ts\(6,.* error TS2339: Property 'value'/)]);
  });
});
