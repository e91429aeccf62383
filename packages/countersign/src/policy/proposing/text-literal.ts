/** A text in double quotes, which CEL and YAML read alike: as it stands, or as a code where it would hide or could not stand in a line. */

const QUIET = /[^\p{L}\p{N}\p{P}\p{S} ]/gu;

const escaped = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\U${code.toString(16).padStart(8, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
};

export const textLiteral = (text: string): string => `"${text.replaceAll(/["\\]/g, "\\$&").replaceAll(QUIET, escaped)}"`;
