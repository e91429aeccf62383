/**
 * Brings the service to Cloudflare, and every later version of it: looks for what is there, makes what is missing, uploads,
 * and waits until it is well. Running it again after a failure goes on where that one stopped.
 * Every step is in deploy/steps.mjs; docs/operations.md tells operators about it.
 */
import { readSettings, USAGE } from "./deploy/settings.mjs";
import { STEPS } from "./deploy/steps.mjs";

const numbered = (i, title) => `${i + 1}/${STEPS.length} ${title}`;

async function main() {
  const args = process.argv.slice(2);
  if (args.includes("--help")) {
    process.stdout.write(USAGE);
    return;
  }
  const settings = readSettings(args, process.env);
  const deployment = {};
  for (const [i, step] of STEPS.entries()) {
    if (settings.isDryRun && !step.isLocal) {
      console.log(`${numbered(i, step.title)}: left out, this is a dry run`);
      continue;
    }
    console.log(numbered(i, step.title));
    try {
      for (const said of (await step.run(deployment, settings)) ?? []) console.log(`  ${said}`);
    } catch (error) {
      error.message = `step ${numbered(i, step.title)} failed: ${error.message}\nNothing after it was done. Run it again: what is done is found and kept.`;
      throw error;
    }
  }
  console.log(
    settings.isDryRun
      ? `Dry run: nothing was uploaded or changed; ${deployment.callLimits}; ${deployment.objects}; ${deployment.places}; ${deployment.audit}; ${deployment.archive}; ${deployment.notices.join("; ")}`
      : deployment.farewell.join("\n"),
  );
}

main().catch((error) => {
  console.error(`countersign: ${error.message}`);
  process.exitCode = 1;
});
