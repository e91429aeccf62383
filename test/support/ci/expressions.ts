/** Expressions of GitHub Actions, as far as ci/github/action.yml has any: names, texts, always(), ==, !=, && and ||, and parentheses. */

/** What names stand for, such as `inputs.service`; a name that is not there is empty. */
export type Names = Readonly<Record<string, string>>;
type Value = string | boolean;

const TOKEN = /\s*('(?:[^']|'')*'|[A-Za-z_][\w.-]*(?:\(\))?|==|!=|&&|\|\||[()])/y;

function tokensOf(expression: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let at = 0; at < expression.trimEnd().length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(expression)?.[1];
    if (token === undefined) throw new Error(`this is no expression that is known here: ${expression}`);
    tokens.push(token);
  }
  return tokens;
}

const isTrue = (value: Value): boolean => value !== "" && value !== false;

export function evaluate(expression: string, names: Names): Value {
  const tokens = tokensOf(expression);
  const next = (token: string): boolean => tokens[0] === token && tokens.shift() !== undefined;
  const one = (): Value => {
    const token = tokens.shift() ?? "";
    if (token === "(") {
      const value = either();
      if (!next(")")) throw new Error(`a parenthesis is open in ${expression}`);
      return value;
    }
    if (token.startsWith("'")) return token.slice(1, -1).replaceAll("''", "'");
    return token === "always()" ? true : (names[token] ?? "");
  };
  const equality = (): Value => {
    const left = one();
    if (next("==")) return left === one();
    return next("!=") ? left !== one() : left;
  };
  const both = (): Value => {
    let value = equality();
    while (next("&&")) {
      const right = equality();
      value = isTrue(value) ? right : value;
    }
    return value;
  };
  const either = (): Value => {
    let value = both();
    while (next("||")) {
      const right = both();
      value = isTrue(value) ? value : right;
    }
    return value;
  };
  const value = either();
  if (tokens.length > 0) throw new Error(`something is left of ${expression}`);
  return value;
}

/** A text with each `${{ … }}` in it replaced. */
export const fillIn = (text: string, names: Names): string =>
  text.replaceAll(/\$\{\{([^}]*)\}\}/g, (_, expression: string) => String(evaluate(expression, names)));

/** Whether a step is to run; one whose condition does not call always() runs only if no earlier one failed. */
export function isToRun(condition: string | undefined, names: Names, hasFailed: boolean): boolean {
  if (hasFailed && condition?.includes("always()") !== true) return false;
  return condition === undefined || isTrue(evaluate(condition, names));
}
