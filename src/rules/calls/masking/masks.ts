/** Rules of `mask`, ready to be used: read once for a policy, kept by the caller, and then used without waiting. */
import { DETECTORS } from "#countersign/policy/judging/handling.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { MaskRule } from "../handling.ts";
import type { Detector } from "../secrets/detectors.ts";
import { type MaskPath, readMaskPath } from "./mask-path.ts";
import type { Pattern } from "./patterns.ts";

export interface CompiledMask {
  /** What the record calls it. */
  by: string;
  path: MaskPath | null;
  key: string | null;
  pattern: Pattern | null;
  detector: Detector | null;
}

export interface Masks {
  rules: readonly CompiledMask[];
  /** What its rules look for besides patterns. */
  detectors: ReadonlySet<Detector>;
}

/** Why a rule cannot be used: a call under it must not be sent, since its answer could not be masked. */
export interface MaskRefusal {
  /** Counted from 0. */
  rule: number;
  member: "path" | "key" | "pattern" | "detector";
  message: string;
}

export const NO_MASKS: Masks = { rules: [], detectors: new Set() };

const isDetector = (name: string): name is Detector => DETECTORS.some((known) => known === name);

/** Reads the rules; waits only where one has a pattern. */
export async function compileMasks(rules: readonly MaskRule[]): Promise<Result<Masks, MaskRefusal>> {
  const masks: CompiledMask[] = [];
  for (const [index, { path, key, pattern, detector }] of rules.entries()) {
    const refusal = (member: MaskRefusal["member"], message: string) => refuse({ rule: index, member, message });
    if (path === null && key === null && pattern === null && detector === null) return refusal("path", "an entry says what it masks");
    const followed = path === null ? null : readMaskPath(path);
    if (followed?.ok === false) return refusal("path", followed.refusal);
    if (detector !== null && !isDetector(detector)) return refusal("detector", `there is no detector ${detector}`);
    const compiled = pattern === null ? null : await compilePattern(pattern);
    if (compiled?.ok === false) return refusal("pattern", compiled.refusal);
    masks.push({
      by: [path, key, pattern, detector].filter((one) => one !== null).join(" + "),
      path: followed?.value ?? null,
      key,
      pattern: compiled?.value ?? null,
      detector,
    });
  }
  return accept({ rules: masks, detectors: new Set(masks.flatMap(({ detector }) => detector ?? [])) });
}

async function compilePattern(pattern: string): Promise<Result<Pattern, string>> {
  const { RE2JS, RE2JSException } = await import("re2js");
  try {
    return accept(RE2JS.compile(pattern));
  } catch (error) {
    if (error instanceof RE2JSException) return refuse(error.message);
    throw error;
  }
}
