/** `--allow-basis`: on what, besides signatures of people, an approval may rest. */
import { type Basis, BASES } from "../documents/record.ts";
import { accept, refuse, type Result } from "../result.ts";

export const ALLOW_BASIS_USAGE = `  --allow-basis BASIS,…      on what else than people it may rest: policy, grant, timeout
`;

/** The bases that are named, with commas between them; none if the option is not given. */
export function readBases(given: string | undefined): Result<Basis[], string> {
  const names = given === undefined ? [] : given.split(",").map((name) => name.trim());
  const bases = BASES.filter((basis) => names.includes(basis));
  const isKnown = names.every((name) => bases.some((basis) => basis === name));
  return isKnown ? accept(bases) : refuse("--allow-basis names policy, grant or timeout, with commas between them");
}
