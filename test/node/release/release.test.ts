/** What is looked at before a version is released, and the forms of what releases it: the workflow, and the button that deploys it. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";
import { parse as parseToml } from "smol-toml";
import { describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import { OPTIONAL_SECRETS } from "#config/settings.ts";
import { readSettings } from "../../../scripts/deploy/settings.mjs";
import {
  changelogComplaints,
  contentComplaints,
  packComplaints,
  sbomComplaints,
  versionComplaints,
} from "../../../scripts/release/claims.mjs";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
interface Manifest {
  name: string;
  version: string;
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
  cloudflare: { bindings: Record<string, { description: string }> };
}
const manifest = JSON.parse(read("package.json")) as Manifest;

describe("what may be in the package", () => {
  const GOOD = ["LICENSE", "README.md", "package.json", "dist/cli.js", "dist/chunk-AB12CD.js", "dist/THIRD-PARTY-LICENSES.txt"];
  const MORE = ["dist/types/exports/client.d.ts", "policies/small-team.policy.yaml", "policies/small-team.cases.yaml"];
  it("is what was built, policies, and what tells of it", () => expect(packComplaints([...GOOD, ...MORE])).toEqual([]));
  it.each(["src/cli/main.ts", "dist/cli.js.map", ".env", "dist/types/a.ts", "policies/own.yaml", "dist/sub/x.js", "../LICENSE"])(
    "is not %s",
    (path) => {
      expect(packComplaints([...GOOD, path])).toEqual([`${path} is in the package`]);
    },
  );
  it("is all that is needed", () => {
    expect(packComplaints(GOOD.filter((path) => path !== "dist/THIRD-PARTY-LICENSES.txt"))).toEqual([
      "dist/THIRD-PARTY-LICENSES.txt is not in the package",
    ]);
  });

  it.each([
    ["a folder of the machine", "at /home/somebody/countersign/src"],
    ["a map", "//# sourceMappingURL=cli.js.map"],
    ["a key", `const key = "csk_${"k".repeat(36)}";`],
  ])("holds not %s", (_, text) => expect(contentComplaints("dist/cli.js", text, "/home/somebody/countersign")).toHaveLength(1));
});

describe("versions and the changelog", () => {
  it("are one, and a version", () => {
    expect(versionComplaints({ "package.json": "0.2.0", cli: "0.2.0", "the tag": "0.2.0" })).toEqual([]);
    expect(versionComplaints({ "package.json": "0.2.0", cli: "0.1.0", "the tag": "0.2.1" })).toEqual([
      "cli says 0.1.0, not 0.2.0",
      "the tag says 0.2.1, not 0.2.0",
    ]);
    expect(versionComplaints({ "package.json": "0.2.0-rc" })).toHaveLength(1);
  });

  it("of this checkout are in order", () => {
    const own = JSON.parse(read("packages/countersign/package.json")) as Manifest;
    const { packages } = JSON.parse(read("package-lock.json")) as { packages: Record<string, { version: string }> };
    const locked = ["", "packages/countersign"].map((path) => packages[path]?.version);
    expect([own.version, ...locked]).toEqual([manifest.version, manifest.version, manifest.version]);
    expect(changelogComplaints(read("CHANGELOG.md"))).toEqual([]);
  });

  const NOTES = "### Added\n\n- One.\n\n### Upgrade notes\n\n- Two.\n";
  const changelog = (...headings: string[]): string =>
    `# Changelog\n\n${headings.map((heading) => `## ${heading}\n\n${NOTES}`).join("\n")}`;
  it("take versions, the newest first, the one that is released at the top", () => {
    const good = changelog("Unreleased", "0.10.0 - 2026-12-31", "0.9.1 - 2026-12-30");
    expect([changelogComplaints(good), changelogComplaints(good, "0.10.0")]).toEqual([[], []]);
    expect(changelogComplaints(good, "0.11.0")).toEqual(["CHANGELOG.md: the newest version is 0.10.0, not 0.11.0"]);
    expect(changelogComplaints("# Changelog\n\n## Unreleased\n", "0.1.0")).toEqual(["CHANGELOG.md: the newest version is none, not 0.1.0"]);
  });
  it.each([
    ["an order that is turned", changelog("0.9.1 - 2026-12-30", "0.10.0 - 2026-12-31")],
    ["one version twice", changelog("0.9.1 - 2026-12-30", "0.9.1 - 2026-12-30")],
    ["no date", changelog("0.9.1")],
    ["what is not released below what is", changelog("0.9.1 - 2026-12-30", "Unreleased")],
    ["no upgrade notes", changelog("0.9.1 - 2026-12-30").replace("### Upgrade notes", "### More")],
  ])("refuse %s", (_, text) => expect(changelogComplaints(text)).toHaveLength(1));
});

describe("the list of parts", () => {
  it("is made by npm, and names what the service takes", () => {
    const text = execFileSync("npm", ["sbom", "--sbom-format", "cyclonedx", "--package-lock-only"], {
      cwd: ROOT,
      encoding: "utf8",
      maxBuffer: 1 << 26,
    });
    const { packages } = JSON.parse(read("package-lock.json")) as { packages: Record<string, { version: string }> };
    const parts = Object.keys(manifest.dependencies).map((name) => `${name}@${packages[`node_modules/${name}`]?.version}`);
    const component = `${manifest.name}@${manifest.version}`;
    const sbom = JSON.parse(text) as { components: { name: string }[] };
    expect(sbomComplaints(sbom, { component, parts: [...parts, "@noble/hashes@2.4.0"] })).toEqual([]);
    const without = { ...sbom, components: sbom.components.filter(({ name }) => name !== "hono") };
    expect(sbomComplaints(without, { component, parts })).toEqual([expect.stringMatching(/^the list of parts lacks hono@/)]);
    expect(sbomComplaints({ bomFormat: "SPDX" }, { component, parts })).toHaveLength(1);
  });
});

interface Step {
  uses?: string;
  run?: string;
  env?: Record<string, string>;
}
interface Workflow {
  on: Record<string, unknown>;
  permissions: Record<string, string>;
  jobs: Record<string, { permissions: Record<string, string>; steps: Step[]; needs?: string }>;
}

describe(".github/workflows/release.yml", () => {
  const text = read(".github/workflows/release.yml");
  const workflow = parseYaml(text) as Workflow;
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
  const ran = steps.map(({ run = "" }) => run).join("\n");

  it("runs for tags alone, and may do nothing but what a job says", () => {
    expect([workflow.on, workflow.permissions]).toEqual([{ push: { tags: ["v*"] } }, {}]);
    const permissions = Object.fromEntries(Object.entries(workflow.jobs).map(([name, job]) => [name, job.permissions]));
    expect(permissions).toEqual({ publish: { contents: "read", "id-token": "write" }, announce: { contents: "write" } });
  });

  it("uses actions by their commits, each with its version, and keeps no token", () => {
    const uses = [...text.matchAll(/^ *- uses: (.+)$/gm)].map(([, one = ""]) => one);
    expect(uses.length).toBeGreaterThan(2);
    expect(uses.filter((one) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(one))).toEqual([]);
    expect(text).not.toMatch(/secrets\.|NODE_AUTH_TOKEN|NPM_TOKEN/);
    expect(text.match(/persist-credentials: false/g)).toHaveLength(text.match(/actions\/checkout@/g)?.length ?? 0);
  });

  it("checks before it publishes, with provenance, by commands that there are", () => {
    const order = ["npm ci --ignore-scripts", "npm run check", "npm run release:check -- --tag", "npm publish"].map((command) =>
      ran.indexOf(command),
    );
    expect([order.includes(-1), order]).toEqual([false, order.toSorted((a, b) => a - b)]);
    expect(ran).toMatch(/^npm publish --workspace countersign --provenance --access public$/m);
    const scripts = [...ran.matchAll(/npm run ([a-z:]+)/g)].map(([, name = ""]) => name);
    expect(scripts.filter((name) => manifest.scripts[name] === undefined)).toEqual([]);
    expect(workflow.jobs["announce"]?.needs).toBe("publish");
  });

  it("puts nothing of the event into a command", () => expect(ran).not.toContain("${{"));
});

describe("the button that deploys", () => {
  const [, image = "", link = ""] = /\[!\[Deploy to Cloudflare\]\(([^)]+)\)\]\(([^)]+)\)/.exec(read("README.md")) ?? [];

  it("leads to Cloudflare with one public repository", () => {
    expect(image).toBe("https://deploy.workers.cloudflare.com/button");
    const url = new URL(link);
    const repository = new URL(url.searchParams.get("url") ?? "");
    expect([url.origin, url.pathname, [...url.searchParams.keys()]]).toEqual(["https://deploy.workers.cloudflare.com", "/", ["url"]]);
    expect(repository.href).toMatch(/^https:\/\/(?:github|gitlab)\.com\/[\w-]+\/[\w-]+$/);
  });

  it("asks for each secret that is needed, says how it is made, and proposes none", () => {
    const asked = parseEnv(read(".dev.vars.example"));
    const needed = ["LOG_SIGNING_KEY", "SERVER_SECRET", "SETUP_TOKEN", "VAULT_SECRET"];
    expect(Object.keys(asked).toSorted()).toEqual(needed);
    expect(Object.values(asked).filter((value) => value !== "")).toEqual([]);
    expect(Object.keys(manifest.cloudflare.bindings).toSorted()).toEqual(needed);
    for (const { description } of Object.values(manifest.cloudflare.bindings))
      expect(description).toMatch(/`openssl rand -(?:base64 32|hex 24)`/);
    expect(needed.filter((name) => OPTIONAL_SECRETS.some((one) => one === name))).toEqual([]);
  });

  it("asks for secrets that the service takes, as they are told to be made", () => {
    const made = (description: string): string => {
      const [command, ...args] = /`(openssl [^`]+)`/.exec(description)?.[1]?.split(" ") ?? [];
      expect(command).toBe("openssl");
      const [, form, size] = args;
      return Buffer.alloc(Number(size), 5).toString(form === "-hex" ? "hex" : "base64");
    };
    const secrets = Object.fromEntries(
      Object.entries(manifest.cloudflare.bindings).map(([name, { description }]) => [name, made(description)]),
    );
    expect(readSettings([], { PUBLIC_ORIGIN: "https://gate.example.com", ...secrets }).secrets).toEqual(secrets);
  });

  it("finds a name for everything that it makes, and the commands that build and deploy", () => {
    const config = parseToml(read("wrangler.toml")) as Record<string, Record<string, string>[]> & {
      queues: { producers: Record<string, string>[] };
    };
    const named = [...(config["d1_databases"] ?? []), ...(config["r2_buckets"] ?? []), ...config.queues.producers].map(
      ({ binding, database_name, bucket_name, queue }) => [binding, database_name ?? bucket_name ?? queue],
    );
    expect(named.map(([binding]) => binding)).toEqual(["DB", "AUDIT", "ARCHIVE", "NOTICES"]);
    expect(named.filter(([, name]) => !/^[a-z][a-z-]+$/.test(name ?? ""))).toEqual([]);
    expect(config["d1_databases"]?.filter(({ database_id }) => !/^[0-9a-f-]{36}$/.test(database_id ?? ""))).toEqual([]);
    expect([manifest.scripts["build"], manifest.scripts["deploy"]]).toEqual([
      expect.stringContaining("build"),
      expect.stringContaining("deploy"),
    ]);
  });
});
