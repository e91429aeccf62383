/**
 * Number matching: the agent shows a number, and whoever approves picks it out of three, so that nobody approves what no agent of theirs
 * has in hand just now. What is wrong decides nothing. Pure.
 */
import type { Bytes } from "#countersign/encoding/bytes.ts";
import { MAX_WRONG_PICKS } from "./limits.ts";

/** Of one request, made when it is opened. Two digits each, all different. */
export interface NumberMatch {
  /** What the agent is told to show. */
  code: string;
  decoys: string[];
  wrong: WrongPick[];
}

export interface WrongPick {
  by: { id: string; username: string };
  at: string;
}

export interface PickRefusal {
  reason: "number-missing" | "only-deny";
}

type Random = (bytes: number) => Bytes;

/** Below `most`, each as likely as any other. */
function below(most: number, random: Random): number {
  for (;;) {
    const [byte = 255] = random(1);
    if (byte < 256 - (256 % most)) return byte % most;
  }
}

export function makeNumbers(random: Random): NumberMatch {
  const numbers = new Set<string>();
  while (numbers.size < 3) numbers.add(String(10 + below(90, random)));
  const [code = "", ...decoys] = numbers;
  return { code, decoys, wrong: [] };
}

/** The three in an order that says nothing. */
export function shuffled({ code, decoys }: NumberMatch, random: Random): string[] {
  const left = [code, ...decoys];
  const numbers: string[] = [];
  while (left.length > 0) numbers.push(...left.splice(below(left.length, random), 1));
  return numbers;
}

/**
 * Whether a text holds this number on its own, also with spaces, dashes or what nobody sees between its digits, or in other forms of them.
 * What says it otherwise, in words above all, is not found.
 */
export function holdsNumber(text: string, code: string): boolean {
  const plain = text.replace(/\p{Cf}/gu, "").normalize("NFKC");
  return [...plain.matchAll(/\d+(?:[\s\p{Pd}\u2212]+\d+)*/gu)].some(([digits]) => {
    const parts = digits.split(/[^\d]+/);
    return parts.some((_, from) => parts.some((_to, i) => i >= from && parts.slice(from, i + 1).join("") === code));
  });
}

/** Why this person cannot approve with that pick, whether it is right or wrong; null if they can. */
export function pickRefusal({ wrong }: NumberMatch, personId: string, pick: string | null): PickRefusal | null {
  if (wrong.filter(({ by }) => by.id === personId).length >= MAX_WRONG_PICKS) return { reason: "only-deny" };
  return pick === null ? { reason: "number-missing" } : null;
}
