/** What a command is: its usage, what it is given beside its arguments, what it says, and how it ends. */
import { type ParseArgsConfig, parseArgs } from "node:util";
import { fromUtf8 } from "../encoding/bytes.ts";
import { accept, refuse, type Result } from "../result.ts";
import { MAX_RECEIPT_BYTES } from "../verifier.ts";
import { readFileAtMost } from "./files/read-file-at-most.ts";
import { visible } from "./visible.ts";

/** What a command says in the end, and the exit code. */
export interface Outcome {
  exitCode: number;
  stdout?: string;
  stderr?: string;
  /** Whatever is still under way is left at that: the process ends at once. */
  isLast?: true;
}

export interface Surroundings {
  environment: Readonly<Record<string, string | undefined>>;
  /** Says something at once, on standard error. */
  tell: (text: string) => void;
  /** Says something at once, on standard output: for commands that go on after it. */
  print: (text: string) => void;
  /** Standard input, for commands that read it; the process's own if it is not given. */
  input?: AsyncIterable<Uint8Array>;
  /** Whether standard error is a terminal, where a line may be written over. */
  isTerminal: boolean;
}

export interface Command {
  usage: string;
  run: (args: string[], surroundings: Surroundings) => Promise<Outcome>;
}

/** What is wrong with the arguments, and how the usage begins: all of it would move the complaint out of sight. */
export const unusable = (command: string, complaint: string, usage: string): Outcome => ({
  exitCode: 2,
  stderr: `countersign ${command}: ${visible(complaint)}\n\n${usage.slice(0, usage.indexOf("\n"))}\ncountersign ${command} --help says more.\n`,
});

/** Why a file cannot be had, in words where Node has only a code for it. */
const FILE_TROUBLE: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a folder",
  EACCES: "you may not read it",
};

/** Why a file could not be read, in the words of an error that reading it has thrown. */
export function fileTrouble(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return FILE_TROUBLE[code] ?? (error instanceof Error ? error.message : String(error));
}

/** The arguments by their options, or what is wrong with them. */
export function parseStrictly<const Options extends NonNullable<ParseArgsConfig["options"]>>(args: string[], options: Options) {
  try {
    return accept(parseArgs({ args, options, allowPositionals: true }));
  } catch (error) {
    if (error instanceof TypeError) return refuse(error.message);
    throw error;
  }
}

/** No file that is named to a command is larger than a receipt may be. */
export const tooLarge = (file: string): string => `${file} is larger than ${MAX_RECEIPT_BYTES} bytes, more than any file that belongs here`;

/** The text of a file, or why it cannot be had; null if it is not UTF-8. What is larger than any receipt is refused, and not read. */
export async function readText(file: string): Promise<Result<string | null, string>> {
  try {
    const bytes = await readFileAtMost(file, MAX_RECEIPT_BYTES);
    return bytes === null ? refuse(tooLarge(file)) : accept(fromUtf8(bytes));
  } catch (error) {
    return refuse(`cannot read ${file}: ${fileTrouble(error)}`);
  }
}
