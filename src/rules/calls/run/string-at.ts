/** Puts another string into a JSON text and leaves every other byte as it is: numbers keep digits that no program holds. Pure. */
import { walkJsonText } from "../masking/json-text.ts";

/** `text` with `instead` where `path` leads to a string; every time, where a member is there twice. What is not JSON stays. */
export function withStringAt(text: string, path: readonly string[], instead: string): string {
  const steps = ["", ...path];
  const found: { start: number; end: number }[] = [];
  const read = walkJsonText<number>(
    text,
    0,
    "",
    {
      // A state is how many steps of the path lead here.
      begin: (parent, step) => (steps[parent] === step ? parent + 1 : null),
      scalar(state, kind, start, end) {
        if (state === steps.length && kind === "string") found.push({ start, end });
      },
      untold() {},
      name: (_, name) => name,
    },
    { steps: 0 },
  );
  if (!read.ok) return text;
  return found.reduceRight((rest, { start, end }) => `${rest.slice(0, start)}${JSON.stringify(instead)}${rest.slice(end)}`, text);
}
