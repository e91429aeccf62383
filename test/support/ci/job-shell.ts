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
  readonly #linked: ((url: string) => void)[] = [];
  /** Links that somebody has waited for already. */
  #at = 0;

  get text(): string {
    return this.#text;
  }

  add(text: string): void {
    this.#text += text;
    for (const waiting of this.#linked.splice(0)) this.#give(waiting);
  }

  /** The next link that is told. */
  link(): Promise<string> {
    return new Promise((resolve) => this.#give(resolve));
  }

  #give(resolve: (url: string) => void): void {
    const found = /Decide at (\S+)\n/g;
    found.lastIndex = this.#at;
    const url = found.exec(this.#text)?.[1];
    if (url === undefined) this.#linked.push(resolve);
    else {
      this.#at = found.lastIndex;
      resolve(url);
    }
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
  return { exitCode, printed };
}
