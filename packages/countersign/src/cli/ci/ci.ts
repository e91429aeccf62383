/** `countersign ci`: the gate of a pipeline, in three steps around what it deploys (docs/ci.md). */
import { ENVIRONMENT_USAGE } from "../service.ts";
import { type Command, type Outcome, type Surroundings, unusable } from "../command.ts";
import { askStep } from "./ask-step.ts";
import { CI_INPUTS_USAGE, type CiInputs, readCiInputs } from "./ci-inputs.ts";
import { deploymentPayload } from "./deployment-payload.ts";
import { redeemStep } from "./redeem-step.ts";
import { reportStep } from "./report-step.ts";
import { asciiJson } from "../visible.ts";

const USAGE = `Usage: countersign ci ask|redeem|report|payload --service NAME --environment NAME [options]

The gate of a pipeline: people approve exactly what the job is about to deploy.
  ask                        says the facts of the job, asks for approval, waits
  redeem                     makes the facts anew, stops if anything is not as it was approved, uses the approval
  report                     says how it went, keeps the receipt, adds to the summary of the job
  payload                    prints the facts as they are now, and asks nobody

Options, or variables (--migration-target is COUNTERSIGN_CI_MIGRATION_TARGET; of several values, one a line):
${CI_INPUTS_USAGE}  --help                   this text

${ENVIRONMENT_USAGE}
Exit code: 0 approved, redeemed or reported, 3 denied, 4 expired or cancelled, 5 still pending, 6 something
changed since it was approved, 1 anything else, 2 unusable arguments.
`;

type Step = (inputs: CiInputs, surroundings: Surroundings, usage: string) => Promise<Outcome>;

async function payloadStep(inputs: CiInputs, surroundings: Surroundings, usage: string): Promise<Outcome> {
  const payload = await deploymentPayload(inputs, surroundings);
  return payload.ok ? { exitCode: 0, stdout: asciiJson(payload.value) } : unusable("ci", payload.refusal, usage);
}

const STEPS: Readonly<Record<string, Step>> = { ask: askStep, redeem: redeemStep, report: reportStep, payload: payloadStep };

async function run([named = "", ...args]: string[], surroundings: Surroundings): Promise<Outcome> {
  const step = Object.hasOwn(STEPS, named) ? STEPS[named] : undefined;
  if (step === undefined) return unusable("ci", `name one of ${Object.keys(STEPS).join(", ")}`, USAGE);
  const inputs = readCiInputs(args, surroundings.environment);
  return inputs.ok ? step(inputs.value, surroundings, USAGE) : unusable("ci", inputs.refusal, USAGE);
}

export const ciCommand: Command = { usage: USAGE, run };
