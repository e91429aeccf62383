/** Where this package lies, and which version of it this is. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isObject } from "../../json/shape.ts";
import { parseJson } from "../../json/canonical-json.ts";

/** The folder of this package: some levels up from a source, one from what is built. */
export function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "policies"))) {
    if (dirname(folder) === folder) throw new Error("the package's policies are missing");
    folder = dirname(folder);
  }
  return folder;
}

/** The version in its package.json. */
export function packageVersion(): string {
  const json = parseJson(readFileSync(join(packageFolder(), "package.json"), "utf8"));
  const version = json.ok && isObject(json.value) ? json.value["version"] : undefined;
  if (typeof version !== "string") throw new Error("the package's version is missing");
  return version;
}
