/** Scripts of pipelines, as processes: what they print, and the link to decide as soon as one of them has told it. */
import { spawn } from "node:child_process";
import { once } from "node:events";

export interface ScriptEnded {
  exitCode: number | null;
  printed: string;
}

/** Everything that the scripts of one job print. */
export class JobLog {
  #text = "";
  readonly #waiting: { resolve: (url: string) => void; reject: (error: Error) => void }[] = [];
  /** Links that somebody has waited for already. */
  #at = 0;

  get text(): string {
    return this.#text;
  }

  add(text: string): void {
    this.#text += text;
    const url = this.#waiting.length === 0 ? null : this.#next();
    if (url !== null) this.#waiting.shift()?.resolve(url);
  }

  /** Says that a script has failed: no link comes any more. */
  failed(): void {
    for (const { reject } of this.#waiting.splice(0)) reject(new Error(`no link was told:\n${this.#text}`));
  }

  /** The next link that is told. */
  link(): Promise<string> {
    const url = this.#next();
    return url === null ? new Promise((resolve, reject) => this.#waiting.push({ resolve, reject })) : Promise.resolve(url);
  }

  #next(): string | null {
    const found = /Decide at (\S+)\n/g;
    found.lastIndex = this.#at;
    const url = found.exec(this.#text)?.[1];
    if (url === undefined) return null;
    this.#at = found.lastIndex;
    return url;
  }
}

/** Runs one script to its end. */
export async function runScript(
  [program, ...args]: readonly [string, ...string[]],
  { cwd, env, log }: { cwd: string; env: Record<string, string>; log: JobLog },
): Promise<ScriptEnded> {
  const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  const note = (chunk: Buffer): void => {
    printed += chunk.toString();
    log.add(chunk.toString());
  };
  child.stdout.on("data", note);
  child.stderr.on("data", note);
  const [exitCode] = (await once(child, "close")) as [number | null];
  if (exitCode !== 0) log.failed();
  return { exitCode, printed };
}
