/**
 * SQL in a text: what it destroys and whom it lets in. A scanner of tokens, no parser: it knows no
 * dialect, and looks at each character once.
 */
import { type Mark, mark } from "./mark.ts";

interface Token {
  kind: "word" | "quoted" | "comment" | "sign";
  /** In capitals. */
  text: string;
  /** Whether it is written as the first word of a sentence is. */
  isTitled: boolean;
  from: number;
  to: number;
}

const WORD = /[A-Za-z_0-9$@#.\u0080-\uffff]+/y;
const QUOTES = `'"\``;

/** The tokens of a text. What is begun and not ended is signs. */
function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const endless = new Set<string>();
  let at = 0;
  const take = (kind: Token["kind"], to: number): void => {
    const written = text.slice(at, to);
    tokens.push({ kind, text: written.toUpperCase(), isTitled: /^[A-Z][a-z]/.test(written), from: at, to });
    at = to;
  };
  /** Up to and with the next `end`; false if there is none from here on, which is looked for once. */
  const takeTo = (kind: Token["kind"], begin: number, end: string): boolean => {
    const found = endless.has(end) ? -1 : text.indexOf(end, at + begin);
    if (found < 0) endless.add(end);
    else take(kind, found + end.length);
    return found >= 0;
  };
  while (at < text.length) {
    const one = text.charAt(at);
    WORD.lastIndex = at;
    if (/\s/.test(one)) at += 1;
    else if (text.startsWith("--", at)) {
      if (!takeTo("comment", 2, "\n")) take("comment", text.length);
    } else if (text.startsWith("/*", at)) {
      if (!takeTo("comment", 2, "*/")) take("sign", at + 2);
    } else if (QUOTES.includes(one)) {
      if (!takeTo("quoted", 1, one)) take("sign", at + 1);
    } else if (WORD.test(text)) take("word", WORD.lastIndex);
    else take("sign", at + 1);
  }
  return tokens;
}

const VERBS = new Set(
  "SELECT INSERT UPDATE DELETE DROP TRUNCATE ALTER CREATE GRANT REVOKE MERGE REPLACE WITH EXPLAIN BEGIN COPY CALL EXEC".split(" "),
);
/** What can be dropped. */
const THINGS = new Set(
  "TABLE SCHEMA DATABASE INDEX VIEW MATERIALIZED COLUMN USER ROLE FUNCTION PROCEDURE TRIGGER CONSTRAINT SEQUENCE TYPE EXTENSION POLICY TABLESPACE PARTITION".split(
    " ",
  ),
);
/** Before UPDATE these make it a part of something that says what it is about. */
const NO_STATEMENT = new Set(["FOR", "ON", "DO", "THEN", "KEY", "AFTER", "BEFORE", "OR"]);
/** What may follow the name of what is changed; anything else is a sentence in a human language. */
const TAIL = new Set("WHERE USING RETURNING LIMIT ORDER SET AS CASCADE RESTRICT RESTART CONTINUE JOIN ON INNER LEFT ; , ) (".split(" "));
const RUNS_PROGRAMS = new Set(["XP_CMDSHELL", "OUTFILE", "DUMPFILE", "LOAD_FILE", "PROGRAM", "PG_READ_FILE", "LO_EXPORT"]);

/** Whether a text that could be a sentence as well is written as SQL is: its first word in capitals, or in none and with signs of SQL. */
function isWrittenAsSql(text: string, { from, to } = { from: 0, to: 0 }): boolean {
  const verb = text.slice(from, to);
  return verb === verb.toUpperCase() || (verb === verb.toLowerCase() && /[=*]|;\s*$/.test(text));
}

/** What makes a text that begins with such a word SQL, and no sentence. No two repetitions beside each other take the same characters. */
const SHAPE = new RegExp(
  [
    String.raw`select\b[^]{1,2000}?\bfrom`,
    "insert +into",
    String.raw`update +\S{1,200} +set`,
    "delete +from",
    "drop +(?:table|schema|database|index|view|column|user|role)",
    String.raw`truncate +(?:table +)?\S{1,200}\s{0,200}(?:;|$)`,
    "alter +(?:table|user|role|database)",
    String.raw`create +(?:or +replace +)?(?:temp\w{0,20} +|unique +)?(?:table|index|view|user|role|function|schema|database)`,
    String.raw`grant +[\w,][\w, ]{0,200}?\s(?:on|to)\b`,
    String.raw`revoke +[\w,][\w, ]{0,200}?\s(?:on|from)\b`,
    "merge +into",
    String.raw`with +\w{1,200} +as\s{0,200}\(`,
  ]
    .map((one) => String.raw`\b${one.replaceAll(" +", String.raw`\s{1,200}`)}`)
    .join("|"),
  "i",
);

/** Words from a GRANT to whom it is. */
const MOST_GRANTED = 40;

/** A name that says that its text is SQL. */
const NAMED_SQL = /sql|query|queries|statement|stmt|ddl|migration/i;

/** Statements as stretches of tokens. */
function statementsOf(tokens: readonly Token[]): Token[][] {
  const statements: Token[][] = [[]];
  for (const token of tokens) {
    if (token.text === ";") statements.push([]);
    else statements.at(-1)?.push(token);
  }
  return statements;
}

/** One statement, token by token. */
class Statement {
  readonly #tokens: readonly Token[];
  readonly #isSurelySql: boolean;
  readonly #whereFrom: number[] = [];

  constructor(tokens: readonly Token[], isSurelySql: boolean) {
    this.#tokens = tokens;
    this.#isSurelySql = isSurelySql;
    // Whether some WHERE follows, from each token on.
    let seen = -1;
    for (let i = tokens.length - 1; i >= 0; i--) {
      if (tokens[i]?.text === "WHERE") seen = i;
      this.#whereFrom[i] = seen;
    }
  }

  #text(at: number): string {
    return this.#tokens[at]?.text ?? "";
  }

  #danger(first: number, last: number, says: string): Mark[] {
    const [from, to] = [this.#tokens[first], this.#tokens[Math.min(last, this.#tokens.length - 1)]];
    return from === undefined || to === undefined ? [] : [mark("danger", from.from, to.to, says)];
  }

  /** Whether what follows the name at `at`, and an alias, is what follows in SQL. */
  #hasTail(at: number): boolean {
    const after = this.#text(at + 1);
    if (this.#isSurelySql || after === "" || TAIL.has(after)) return true;
    return this.#text(at + 2) === "" || TAIL.has(this.#text(at + 2));
  }

  #deletes(at: number): Mark[] {
    const from = this.#text(at + 1) === "FROM" ? at + 1 : at;
    const name = this.#text(from + 1) === "ONLY" ? from + 2 : from + 1;
    if (from === at && !this.#isSurelySql) return [];
    if (this.#text(name) === "" || !this.#hasTail(name)) return [];
    return (this.#whereFrom[at] ?? -1) < 0
      ? this.#danger(at, name, "Deletes every row, without a condition")
      : this.#danger(at, name, "Deletes rows").map((one) => ({ ...one, kind: "care" as const }));
  }

  #updates(at: number): Mark[] {
    if (NO_STATEMENT.has(this.#text(at - 1))) return [];
    const set = [2, 3, 4, 5].map((ahead) => at + ahead).find((i) => this.#text(i) === "SET");
    if (set === undefined || (this.#whereFrom[set] ?? -1) >= 0) return [];
    if (!this.#isSurelySql && this.#text(set + 2) !== "=") return [];
    return this.#danger(at, at + 1, "Changes every row, without a condition");
  }

  #drops(at: number): Mark[] {
    if (!THINGS.has(this.#text(at + 1))) return [];
    const exists = this.#text(at + 2) === "IF" ? at + 4 : at + 2;
    if (this.#text(exists) === "" || !this.#hasTail(exists)) return [];
    return this.#danger(at, exists, "Drops what is there");
  }

  #truncates(at: number): Mark[] {
    const name = this.#text(at + 1) === "TABLE" ? at + 2 : at + 1;
    const isSentence = !this.#isSurelySql && (at > 0 || this.#tokens[at]?.isTitled === true);
    if (this.#text(name) === "" || !this.#hasTail(name) || isSentence) return [];
    return this.#danger(at, name, "Empties a table");
  }

  #grants(at: number): Mark[] {
    const target = this.#text(at) === "GRANT" ? "TO" : "FROM";
    const words = this.#tokens.slice(at, at + MOST_GRANTED).map(({ text }) => text);
    const to = words.indexOf(target);
    if (to < 0 || !(this.#isSurelySql || words.slice(0, to).includes("ON"))) return [];
    return this.#danger(at, at + to + 1, "Changes who may do what");
  }

  #alwaysTrue(at: number): Mark[] {
    const [left, sign, right] = [this.#tokens[at + 1], this.#text(at + 2), this.#text(at + 3)];
    const isConstant = left !== undefined && (left.kind === "quoted" || /^\d+$/.test(left.text));
    if (left?.text === "TRUE" || (isConstant && sign === "=" && left.text === right))
      return this.#danger(at, left.text === "TRUE" ? at + 1 : at + 3, "A condition that is always true");
    return [];
  }

  /** What is dangerous at one word. */
  #at(at: number): Mark[] {
    const text = this.#text(at);
    switch (text) {
      case "DELETE":
        return NO_STATEMENT.has(this.#text(at - 1)) && this.#text(at + 1) !== "FROM" ? [] : this.#deletes(at);
      case "UPDATE":
        return this.#updates(at);
      case "DROP":
        return this.#drops(at);
      case "TRUNCATE":
        return this.#truncates(at);
      case "GRANT":
      case "REVOKE":
        return this.#grants(at);
      case "WHERE":
      case "OR":
        return this.#isSurelySql ? this.#alwaysTrue(at) : [];
      default:
        return this.#isSurelySql && RUNS_PROGRAMS.has(text)
          ? this.#danger(at, at, "Reaches files or programs of the database’s machine")
          : [];
    }
  }

  marks(): Mark[] {
    // Of what is not SQL for sure only what stands where a statement begins.
    const places = this.#isSurelySql ? this.#tokens.keys() : [0].values();
    return [...places].flatMap((at) => (this.#tokens[at]?.kind === "word" ? this.#at(at) : []));
  }
}

/** What a text in quotes would do if it is run. */
const quotedMarks = ({ from, to }: Token, text: string): Mark[] =>
  dangersIn(text.slice(from + 1, to - 1), false, false).map((one) => ({ ...one, from: one.from + from + 1, to: one.to + from + 1 }));

function dangersIn(text: string, isSurelySql: boolean, looksIntoQuotes: boolean): Mark[] {
  const tokens = tokensOf(text);
  const run = tokens.filter(({ kind }) => kind !== "comment");
  const inStatements = statementsOf(run).flatMap((statement) => new Statement(statement, isSurelySql).marks());
  const inQuotes = looksIntoQuotes ? tokens.filter(({ kind }) => kind === "quoted").flatMap((token) => quotedMarks(token, text)) : [];
  const inComments = tokens.filter(({ kind, text: written }) => kind === "comment" && written.startsWith("/*!"));
  return [
    ...inStatements,
    ...inQuotes,
    ...(isSurelySql ? inComments.map(({ from, to }) => mark("danger", from, to, "A comment that MySQL runs")) : []),
  ];
}

/** What is dangerous in a text as SQL. `name` is that of the member. */
export function sqlMarks(text: string, name: string): Mark[] {
  const tokens = tokensOf(text);
  const first = tokens.find(({ kind }) => kind !== "comment");
  const isSql = VERBS.has(first?.text ?? "") && (NAMED_SQL.test(name) || (SHAPE.test(text) && isWrittenAsSql(text, first)));
  // A text in any language may quote statements; that of a member named so is SQL from where one begins.
  const isSurelySql = isSql || (NAMED_SQL.test(name) && SHAPE.test(text));
  return dangersIn(text, isSurelySql, true);
}
