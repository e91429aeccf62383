/**
 * A command as people approve it, and as it is then run: which program, with which arguments, where, with which environment, beside which
 * files. Nothing is left to a shell, and nothing is taken from this process's environment that is not here.
 */
import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import type { JsonObject } from "../../json/canonical-json.ts";
import { fromUtf8 } from "../../encoding/bytes.ts";
import { accept, refuse, type Result } from "../../result.ts";
import { fileTrouble, type Surroundings } from "../command.ts";
import { OpenedFile } from "./opened-file.ts";

/** What every command gets of this process's environment, and what people are shown. */
const ALWAYS = ["PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR"];
/** This command's own, and never another's. */
const OWN = /^COUNTERSIGN_/;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A command as it was asked for. */
export interface WantedCommand {
  /** The program and its arguments, as they were given. */
  argv: readonly string[];
  /** `NAME` or `NAME=VALUE`. */
  env: readonly string[];
  /** Names of variables that it gets, and whose values nobody is shown. */
  secrets: readonly string[];
  files: readonly string[];
}

/** All that decides what is run, apart from what is in the files. */
export interface PlannedCommand {
  program: string;
  argv: readonly string[];
  cwd: string;
  environment: Readonly<Record<string, string>>;
  secrets: Readonly<Record<string, string>>;
  files: readonly string[];
}

/** A planned command with its files as they are now; whoever is given it closes it. */
export interface DescribedCommand {
  payload: JsonObject;
  program: OpenedFile;
  /** It begins with `#!`: what runs it opens it by its name, so that it cannot be run from what is held open. */
  isScript: boolean;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** As the system finds programs: by a path, or in the folders of PATH; the one name that it has then. */
function programNamed(name: string, path: string): Result<string, string> {
  const places = name.includes("/")
    ? [name]
    : path.split(delimiter).map((folder) => join(isAbsolute(folder) ? folder : resolve(folder), name));
  const found = places.find(isExecutable);
  if (found === undefined) return refuse(`${name}: there is no such program, or it may not be run`);
  try {
    return accept(realpathSync(found));
  } catch (error) {
    return refuse(`${name}: ${fileTrouble(error)}`);
  }
}

/** The variables that are chosen; refuses names that are none, this command's own, and what is not set. */
function chosen(
  given: readonly string[],
  environment: Surroundings["environment"],
  option: string,
): Result<Record<string, string>, string> {
  const values: Record<string, string> = {};
  for (const one of given) {
    const [name = "", ...rest] = one.split("=");
    const value = rest.length > 0 ? rest.join("=") : environment[name];
    if (!NAME.test(name) || OWN.test(name)) return refuse(`${option} ${name}: this is no variable that a command can be given`);
    if (value === undefined) return refuse(`${option} ${name}: it is not set here`);
    values[name] = value;
  }
  return accept(values);
}

/** What will be run, resolved once: whatever of it is found elsewhere later makes another payload. */
export function planCommand(
  { argv, env, secrets, files }: WantedCommand,
  environment: Surroundings["environment"],
): Result<PlannedCommand, string> {
  const base = Object.fromEntries(ALWAYS.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])));
  const shown = chosen(env, environment, "--env");
  if (!shown.ok) return shown;
  if (secrets.some((name) => name.includes("="))) return refuse("--secret-env takes names: a value here could be read by others");
  const hidden = chosen(secrets, environment, "--secret-env");
  if (!hidden.ok) return hidden;
  const both = Object.keys(hidden.value).find((name) => Object.hasOwn(shown.value, name));
  if (both !== undefined) return refuse(`${both} is either shown or secret`);
  const visible = Object.fromEntries(Object.entries({ ...base, ...shown.value }).filter(([name]) => !Object.hasOwn(hidden.value, name)));
  const program = programNamed(argv[0] ?? "", visible["PATH"] ?? "");
  if (!program.ok) return program;
  const named = files.map((file) => resolve(file));
  return accept({ program: program.value, argv, cwd: realpathSync("."), environment: visible, secrets: hidden.value, files: named });
}

/** The digest of a file that is only named, and not run. */
function digestOf(path: string): JsonObject {
  const opened = new OpenedFile(path);
  opened.close();
  return { path, sha256: opened.sha256 };
}

const isScript = ({ start }: OpenedFile): boolean => start[0] === 0x23 && start[1] === 0x21;

/** Of a script: what runs it, as its first line says, with that program's digest. */
function interpreterOf(program: OpenedFile): JsonObject {
  const line = (fromUtf8(program.start.subarray(2)) ?? "").split("\n")[0]?.trim() ?? "";
  const path = line.split(/[ \t]/)[0] ?? "";
  return { ...digestOf(realpathSync(path)), line };
}

/**
 * What people are shown, made of what is there at this moment. Throws what the file system says: a program or a file that cannot be read any
 * more is not what was approved.
 */
export function describeCommand({ program: path, argv, cwd, environment, secrets, files }: PlannedCommand): DescribedCommand {
  const program = new OpenedFile(path);
  try {
    const payload: JsonObject = {
      type: "countersign/command@v1",
      host: hostname(),
      user: userInfo().username,
      program: path,
      program_sha256: program.sha256,
      ...(isScript(program) && { interpreter: interpreterOf(program) }),
      argv: [...argv],
      cwd,
      environment: { ...environment },
      secret_environment: Object.keys(secrets).toSorted(),
      files: files.map(digestOf),
    };
    return { payload, program, isScript: isScript(program) };
  } catch (error) {
    program.close();
    throw error;
  }
}
