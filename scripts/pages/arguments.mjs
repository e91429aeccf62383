/** The arguments of a call as they are written, found without a parser: quotes, templates, comments and regular expressions are stepped over. */

/** Behind what a slash begins a regular expression. */
const BEFORE_PATTERN = /[(,=:[!&|?{};>]\s*$/;

/** The place behind a text in quotes that begins at `from`. */
function behindQuoted(source, from) {
  let at = from + 1;
  while (source[at] !== source[from]) at += source[at] === "\\" ? 2 : 1;
  return at + 1;
}

/** The place behind a template that begins at `from`. */
function behindTemplate(source, from) {
  let at = from + 1;
  while (source[at] !== "`") {
    if (source.startsWith("${", at)) at = argumentsAt(source, at + 1).end;
    else at += source[at] === "\\" ? 2 : 1;
  }
  return at + 1;
}

/** The place behind a regular expression that begins at `from`. */
function behindPattern(source, from) {
  let isClass = false;
  let at = from + 1;
  while (source[at] !== "/" || isClass) {
    if (source[at] === "[" || source[at] === "]") isClass = source[at] === "[";
    at += source[at] === "\\" ? 2 : 1;
  }
  return at + 1;
}

/** The place behind what begins at `at` and has its own signs in it; `at` itself if nothing of that kind does. */
function behindToken(source, at) {
  const sign = source[at];
  if (sign === '"' || sign === "'") return behindQuoted(source, at);
  if (sign === "`") return behindTemplate(source, at);
  if (source.startsWith("//", at)) return source.indexOf("\n", at);
  if (source.startsWith("/*", at)) return source.indexOf("*/", at) + 2;
  return sign === "/" && BEFORE_PATTERN.test(source.slice(0, at)) ? behindPattern(source, at) : at;
}

/** What stands between the bracket at `open` and the one that closes it, cut at its commas, and the place behind that. */
export function argumentsAt(source, open) {
  const parts = [];
  let depth = 0;
  let begin = open + 1;
  for (let at = open; at < source.length; at += 1) {
    const behind = behindToken(source, at);
    if (behind > at) at = behind - 1;
    else if (/[([{]/.test(source[at])) depth += 1;
    else if (/[)\]}]/.test(source[at])) depth -= 1;
    else if (source[at] === "," && depth === 1) {
      parts.push(source.slice(begin, at));
      begin = at + 1;
    }
    if (depth === 0) {
      parts.push(source.slice(begin, at));
      return { parts: parts.map((part) => part.trim()).filter((part) => part !== ""), end: at + 1 };
    }
  }
  throw new Error(`a bracket is never closed: ${source.slice(open, open + 40)}`);
}
