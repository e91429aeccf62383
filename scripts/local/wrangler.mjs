/** Runs wrangler without its talk, its questions and its calls home. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { languageArguments } from "../pages/language.mjs";
import { runScript } from "./processes.mjs";

const WRANGLER = fileURLToPath(new URL("../../node_modules/wrangler/bin/wrangler.js", import.meta.url));

const QUIET = {
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_WRITE_LOGS: "false",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
};

/**
 * What `wrangler deploy` would upload, written to `folder`: the script as worker.js, and with its settings as a form to the
 * file `upload`. Gives the path of the latter, or null once `signal` is aborted.
 */
export async function writeUpload(folder, { args = [], signal }) {
  const upload = join(folder, "upload");
  const said = [];
  const code = await runScript(
    WRANGLER,
    ["deploy", "--dry-run", "--outdir", folder, "--outfile", upload, ...languageArguments(), ...args],
    {
      signal,
      env: QUIET,
      onLine: (line) => said.push(line),
    },
  );
  if (code === null) return null;
  if (code !== 0) throw new Error(`the Worker cannot be bundled:\n${said.join("\n")}`);
  return upload;
}
