/** Programs that run JavaScript, each out of a package that holds it, fetched once and kept: Node in its older lines, Deno, Bun. */
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { NPMS_OWN, withoutSecrets } from "../child-environment.mjs";

/** What such a program, and npm, get of the environment. */
export const env = withoutSecrets(process.env, NPMS_OWN);
const CACHE = fileURLToPath(new URL("../../node_modules/.cache", import.meta.url));

/** The oldest line and the one after it; the Node that runs this is the third. */
const NODES = ["20.20.2", "22.23.5"];

/** A program out of a package that holds it, in that version. */
function fetched(name, version, ...path) {
  const folder = join(CACHE, `${name.replace("/", "-")}-${version}`);
  const program = join(folder, "node_modules", name, ...path);
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  const options = ["--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", folder];
  execFileSync("npm", ["install", ...options, `${name}@${version}`], { env, stdio: "inherit" });
  chmodSync(program, 0o755);
  return program;
}

/** A Node of that version, for this platform. */
const nodeOf = (version) => fetched(`node-${process.platform}-${process.arch}`, version, "bin", "node");

/** Other runtimes that are fetched for this platform, and how each runs a program. */
export const others = () => [
  {
    name: "Deno",
    program: fetched(`@deno/${process.platform}-${LIBC[process.arch]}`, "2.9.6", "deno"),
    args: ["run", "--quiet", "--allow-env", "--allow-sys", "--allow-read"],
  },
  {
    name: "Bun",
    program: fetched(`@oven/bun-${process.platform}-${process.arch === "arm64" ? "aarch64" : process.arch}`, "1.4.5", "bin", "bun"),
    args: [],
  },
];
const LIBC = process.platform === "linux" ? { x64: "x64-glibc", arm64: "arm64-glibc" } : { x64: "x64", arm64: "arm64" };

/** Every Node that the package is for, the one that runs this included. */
export const nodes = () => [...NODES.map(nodeOf), process.execPath];
