/**
 * The pages' texts, for esbuild: `#texts/*` is the folder of the language that is built, and in the place of `texts.page.title` a script
 * has the text itself, so that phones load no text that they do not show, nor the names of those that they do. A name that is no text
 * fails the build.
 *
 * It can do so of a file that is one object, whose functions need nothing but their arguments: what phones load is (held by
 * test/node/docs/texts.test.ts). Any other is taken whole.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { argumentsAt } from "./arguments.mjs";

const IMPORTS = /import \{ (\w+)(?: as (\w+))? \} from "(#texts\/[^"]+)";\n/g;
/** Before a name that is not the end of another, a member or a part of a path; what is spread is none. */
const ALONE = "(?<![\\w$#\"'/-])(?<!(?<!\\.\\.)\\.)";
const IDENTIFIER = /^[A-Za-z_]\w*$/;

const isGroup = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** A value as it is written in a script. */
function written(value) {
  if (!isGroup(value)) return typeof value === "function" ? `(${value.toString()})` : JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, inner]) => `${JSON.stringify(key)}:${written(inner)}`)
    .join(",")}}`;
}

/** The constant that a group or a list is, by the names that lead to it. */
const constantOf = (path) => `$${path.join("$")}`;

/** Groups and lists as constants: what is looked up in one. */
function constants(group, path = []) {
  return Object.entries(group)
    .filter(([key, value]) => IDENTIFIER.test(key) && typeof value === "object")
    .flatMap(([key, value]) => {
      const own = `export const ${constantOf([...path, key])} = ${written(value)};`;
      return isGroup(value) ? [own, ...constants(value, [...path, key])] : [own];
    });
}

/** As many of `names` as lead to a text or a group of them, and that; null if the first is none of these texts. */
function reached(texts, names) {
  let value = texts;
  let count = 0;
  while (count < names.length && isGroup(value) && Object.hasOwn(value, names[count])) {
    value = value[names[count]];
    count += 1;
  }
  return count === 0 ? null : { count, value };
}

/** What stands for an argument until it is put in. */
const standIn = (at) => `\u0001${at}\u0002`;
const STAND_INS = /\u0001(\d+)\u0002/g;

/** What a call of a text comes to, with the arguments as they are written; null where that takes more than putting each in, in order. */
function putIn(text, given) {
  const source = text.toString();
  if (/[?(]|\.\.\.|\.\w/.test(source.slice(source.indexOf("=>"))) || text.length !== given.length) return null;
  const parts = text(...given.map((_, at) => standIn(at)));
  const used = [...JSON.stringify(parts).matchAll(/\\u0001(\d+)\\u0002/g)].map(([, at]) => Number(at));
  if (used.some((at, i) => at !== i) || used.length !== given.length) return null;
  const asTemplate = (part) => {
    if (!part.includes("\u0001")) return JSON.stringify(part);
    const whole = /^\u0001(\d+)\u0002$/.exec(part);
    if (whole !== null && Array.isArray(parts)) return given[Number(whole[1])];
    return `\`${part.replaceAll(/[\\`]|\$(?=\{)/g, "\\$&").replaceAll(STAND_INS, (_, at) => `\${${given[Number(at)]}}`)}\``;
  };
  return Array.isArray(parts) ? `[${parts.map(asTemplate).join(", ")}]` : asTemplate(parts);
}

/** A source with what `alias` of it leads to in its place. `taken`: the constants that it needs. */
function replaced(source, alias, texts, taken) {
  const use = new RegExp(`${ALONE}${alias}((?:\\.[A-Za-z_]\\w*)+)`, "g");
  let made = "";
  let at = 0;
  for (let found = use.exec(source); found !== null; found = use.exec(source)) {
    const names = found[1].slice(1).split(".");
    const to = reached(texts, names);
    if (to === null) throw new Error(`${found[0]} is no text`);
    let end = found.index + found[0].length;
    let text = typeof to.value === "object" ? `${alias}${constantOf(names.slice(0, to.count))}` : written(to.value);
    if (typeof to.value === "object") taken.add(constantOf(names.slice(0, to.count)));
    if (typeof to.value === "function" && source[end] === "(") {
      const { parts, end: after } = argumentsAt(source, end);
      const inner = parts.map((part) => replaced(part, alias, texts, taken));
      text = putIn(to.value, inner) ?? `${text}(${inner.join(", ")})`;
      end = after;
    }
    made += [source.slice(at, found.index) + text, ...names.slice(to.count)].join(".");
    at = end;
    use.lastIndex = end;
  }
  return made + source.slice(at);
}

/** A source with texts in the place of their names; the whole object where it is used as one. */
function withTexts(source, textsOf) {
  let made = source;
  for (const [line, name, as, file] of source.matchAll(IMPORTS)) {
    const alias = as ?? name;
    if (textsOf(file) === null) continue;
    const taken = new Set();
    const rest = replaced(made.replace(line, ""), alias, textsOf(file)[name], taken);
    const isWhole = new RegExp(`${ALONE}${alias}(?![\\w$])`).test(rest);
    const imported = [...taken].map((constant) => `${constant} as ${alias}${constant}`);
    if (isWhole) imported.push(`${name} as ${alias}`);
    made = imported.length === 0 ? rest : `import { ${imported.join(", ")} } from "${file}";\n${rest}`;
  }
  return made;
}

/** Whether a file of texts has anything besides its object that functions in it could need: it is taken whole then. */
const hasMore = (source) => (source.match(/^(?:export )?(?:const|let|function|class|import (?!type ))/gm) ?? []).length !== 1;

/** The plugin, for the texts of one folder. */
export const pageTexts = (folder) => ({
  name: "page-texts",
  setup(build) {
    const pathOf = (file) => join(folder, file.slice("#texts/".length));
    const modules = new Map();
    const read = async (file) => {
      if (!modules.has(file))
        modules.set(file, hasMore(readFileSync(pathOf(file), "utf8")) ? null : await import(pathToFileURL(pathOf(file)).href));
      return modules.get(file);
    };
    build.onResolve({ filter: /^#texts\// }, ({ path }) => ({ path, namespace: "page-texts", sideEffects: false }));
    build.onLoad({ filter: /.*/, namespace: "page-texts" }, async ({ path }) => {
      const module = await read(path);
      if (module === null) return { contents: readFileSync(pathOf(path), "utf8"), loader: "ts", resolveDir: folder };
      const [[name, texts]] = Object.entries(module);
      return { contents: [`export const ${name} = ${written(texts)};`, ...constants(texts)].join("\n"), loader: "js" };
    });
    build.onLoad({ filter: /[/\\]src[/\\]pages[/\\].*\.ts$/ }, async ({ path }) => {
      const source = readFileSync(path, "utf8");
      const files = [...source.matchAll(IMPORTS)].map(([, , , file]) => file);
      if (files.length === 0) return null;
      for (const file of files) await read(file);
      return { contents: withTexts(source, (file) => modules.get(file)), loader: "ts" };
    });
  },
});
