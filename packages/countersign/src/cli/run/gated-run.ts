/** One command behind the gate: looked at, asked for, looked at again, used up and run. How often and with what is the SDK's (gate-function.ts). */
import { constants } from "node:os";
import type { Basis } from "../../documents/record.ts";
import type { JsonObject } from "../../json/canonical-json.ts";
import type { Countersign } from "../../sdk/approvals/countersign.ts";
import {
  ApprovalCancelled,
  ApprovalDenied,
  ApprovalExpired,
  ApprovalPending,
  type AskedState,
  CountersignError,
  ServiceUnavailable,
} from "../../sdk/approvals/errors.ts";
import type { GateOptions } from "../../sdk/approvals/gate-function.ts";
import type { Progress } from "../../sdk/approvals/waiting.ts";
import type { Outcome, Surroundings } from "../command.ts";
import { saveReceipt } from "../service.ts";
import { visible } from "../visible.ts";
import { type DescribedCommand, describeCommand, type PlannedCommand } from "./described-command.ts";
import { dropRunState, keepRunState } from "./run-state.ts";
import { type CommandEnd, CommandFailed, runCommand } from "./start-command.ts";

/** A command, how it is asked for, and what is kept of that. */
export interface RunWish {
  planned: PlannedCommand;
  options: Omit<GateOptions<[]>, "payload" | "onProgress" | "signal">;
  stateFile: string | undefined;
  receipt: string | undefined;
  allowBasis: readonly Basis[];
}

/** Exit codes of what was not run; those of a command that was are its own. */
const NOT_RUN = { denied: 123, over: 124, pending: 125, other: 121 } as const;

/** Ends the waiting; what is asked stays asked. */
const GIVEN_UP_BY = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

function notRunCode(error: unknown): number {
  if (error instanceof ApprovalDenied) return NOT_RUN.denied;
  if (error instanceof ApprovalExpired || error instanceof ApprovalCancelled) return NOT_RUN.over;
  return error instanceof ApprovalPending ? NOT_RUN.pending : NOT_RUN.other;
}

/** What is waited for still after such an error. */
const isOpen = (error: unknown): boolean => error instanceof ApprovalPending || error instanceof ServiceUnavailable;

const exitCodeOf = (end: CommandEnd): number => ("code" in end ? end.code : 128 + constants.signals[end.signal]);

export class GatedRun {
  readonly #countersign: Countersign;
  readonly #wish: RunWish;
  readonly #surroundings: Surroundings;
  readonly #waiting = new AbortController();
  /** What was looked at last, which is what is run. */
  #described: DescribedCommand | null = null;
  #isStarted = false;
  #request: string | null = null;
  #kept: Promise<void> = Promise.resolve();

  constructor(countersign: Countersign, wish: RunWish, surroundings: Surroundings) {
    this.#countersign = countersign;
    this.#wish = wish;
    this.#surroundings = surroundings;
  }

  /** `state`: of the run that this one goes on with; null to ask. */
  async run(state: AskedState | null): Promise<Outcome> {
    const { options, stateFile } = this.#wish;
    this.#request = state?.request_id ?? null;
    if (state !== null) this.#tell(`going on with ${state.request_id}`);
    const gated = this.#countersign.gate(() => this.#act(), {
      ...options,
      payload: () => this.#look(),
      onProgress: (progress) => this.#hear(progress),
      signal: this.#waiting.signal,
    });
    for (const signal of GIVEN_UP_BY) process.on(signal, this.#giveUp);
    try {
      const end = await (state === null ? gated() : gated.resume(state));
      return await this.#ended(end);
    } catch (error) {
      await this.#kept;
      if (error instanceof CommandFailed) return await this.#ended(error.end);
      if (!isOpen(error)) await dropRunState(stateFile);
      const why = error instanceof Error ? error.message : String(error);
      return { exitCode: notRunCode(error), stderr: `countersign run: ${this.#isStarted ? "" : "not run. "}${visible(why)}\n` };
    } finally {
      for (const signal of GIVEN_UP_BY) process.removeListener(signal, this.#giveUp);
      this.#described?.program.close();
    }
  }

  readonly #giveUp = (): void => this.#waiting.abort();

  #tell(line: string): void {
    this.#surroundings.tell(`countersign run: ${visible(line)}\n`);
  }

  #look(): JsonObject {
    this.#described?.program.close();
    this.#described = null;
    this.#described = describeCommand(this.#wish.planned);
    return this.#described.payload;
  }

  async #act(): Promise<CommandEnd> {
    if (this.#described === null) throw new CountersignError("not_looked_at", "Nothing is run that was not looked at.");
    // From here on signals are the command's.
    for (const signal of GIVEN_UP_BY) process.removeListener(signal, this.#giveUp);
    this.#isStarted = true;
    return await runCommand(this.#described, this.#wish.planned);
  }

  /** Says at once what people see and ask, and keeps which request it is. */
  #hear(progress: Progress): void {
    const tell = (line: string): void => this.#tell(line);
    if (progress.kind === "question") tell(`${progress.question.by} asks: ${progress.question.text}`);
    if (progress.kind === "reported" && progress.problem !== undefined) {
      tell(`it could not be reported how it went (${progress.outcome}): ${progress.problem}`);
    }
    if (progress.kind !== "asked") return;
    const { state, approval, approval_url: url } = progress;
    tell(`asked for approval until ${approval.expires_at}. Decide at ${url}`);
    if (approval.match_code !== undefined) tell(`whoever approves has to pick the number ${approval.match_code}.`);
    this.#request = state.request_id;
    this.#kept = keepRunState(this.#wish.stateFile, state).then((why) => {
      if (why !== null) tell(`which request it is could not be kept: ${why}`);
    });
  }

  /** It was run. What is amiss with its receipt is said, and changes no exit code. */
  async #ended(end: CommandEnd): Promise<Outcome> {
    const { stateFile, receipt, allowBasis } = this.#wish;
    const exitCode = exitCodeOf(end);
    await this.#kept;
    await dropRunState(stateFile);
    if (receipt === undefined || this.#request === null) return { exitCode };
    const problem = await saveReceipt(this.#countersign.client, this.#request, receipt, { allowBasis });
    return problem === null ? { exitCode } : { exitCode, stderr: `countersign run: ${visible(problem)}\n` };
  }
}
