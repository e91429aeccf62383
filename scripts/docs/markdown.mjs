/**
 * A document of docs/ as HTML. What it may hold is Markdown as GitHub has it; HTML in it is shown, not made. Anchors are those of
 * GitHub, links between documents become those of /docs, and what is not served is named without a link.
 */
import { posix } from "node:path";
import { Marked } from "marked";

/** A heading's anchor, as it is made on GitHub; a second one of the same words has a number. */
export function anchorMaker() {
  const seen = new Map();
  return (heading) => {
    const anchor = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, "")
      .replaceAll(" ", "-");
    const before = seen.get(anchor) ?? 0;
    seen.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  };
}

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** Where a document is served, of its path below docs/ without `.md`. */
export const addressOf = (name) => (name === "README" ? "/docs" : `/docs/${name}`);

const IMAGE = /\.(?:svg|png)$/;

/** Where a link or image of the document `from` leads; null if that is not served. */
function target(href, from, served) {
  if (/^(?:https?:|mailto:)/.test(href)) return href;
  const [path, anchor] = href.split("#");
  const hash = anchor === undefined ? "" : `#${anchor}`;
  if (path === "") return hash;
  const file = posix.normalize(posix.join(posix.dirname(from), path));
  if (file.startsWith("..")) return null;
  if (IMAGE.test(file)) return `/docs/${file}`;
  const name = file.replace(/\.md$/, "");
  return file.endsWith(".md") && served.has(name) ? `${addressOf(name)}${hash}` : null;
}

/** What a reader hears of a heading: its text without marks. */
const plain = (tokens) => tokens.map((token) => (token.tokens === undefined ? (token.text ?? "") : plain(token.tokens))).join("");

/**
 * `name` as above, `markdown` its text, `served` the names of all documents, `words` what is said on buttons and to screen readers.
 * Gives the HTML below the title, the title, and the sections with their anchors.
 */
export function renderDocument({ name, markdown, served, words }) {
  const anchor = anchorMaker();
  const sections = [];
  let [title, blocks, tables] = ["", 0, 0];
  const marked = new Marked({
    gfm: true,
    renderer: {
      heading({ tokens, depth }) {
        const [text, id] = [plain(tokens), anchor(plain(tokens))];
        if (depth === 1 && title === "") {
          title = text;
          return "";
        }
        if (depth === 2) sections.push({ id, text });
        const link = `<a class="anchor" href="#${id}" aria-label="${escaped(words.linkTo(text))}">#</a>`;
        return `<h${depth} id="${id}">${this.parser.parseInline(tokens)} ${link}</h${depth}>\n`;
      },
      code({ text }) {
        blocks += 1;
        const id = `code-${blocks}`;
        const button = `<button type="button" data-copy="${id}" aria-label="${escaped(words.copyBlock(blocks))}">${escaped(words.copy)}</button>`;
        return `<div class="block"><pre id="${id}" tabindex="0" role="group" aria-label="${escaped(words.block(blocks))}">${escaped(text)}</pre>${button}</div>\n`;
      },
      table(token) {
        tables += 1;
        const row = (cells, tag) => `<tr>${cells.map((cell) => `<${tag}>${this.parser.parseInline(cell.tokens)}</${tag}>`).join("")}</tr>`;
        const head = `<thead>${row(token.header, "th")}</thead>`;
        const body = `<tbody>${token.rows.map((cells) => row(cells, "td")).join("\n")}</tbody>`;
        return `<div class="wide" tabindex="0" role="group" aria-label="${escaped(words.table(tables))}"><table>${head}${body}</table></div>\n`;
      },
      link({ href, tokens }) {
        const [inner, to] = [this.parser.parseInline(tokens), target(href, name, served)];
        return to === null ? inner : `<a href="${escaped(to)}">${inner}</a>`;
      },
      image({ href, text }) {
        const to = target(href, name, served);
        if (to === null) throw new Error(`${name}: ${href} is not served`);
        return `<img src="${escaped(to)}" alt="${escaped(text)}" loading="lazy" />`;
      },
      html: ({ text }) => escaped(text),
    },
  });
  const html = marked.parse(markdown);
  if (title === "") throw new Error(`${name} has no title`);
  return { html, title, sections };
}
