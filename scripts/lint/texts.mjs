/**
 * The linter's rule on where texts stand: what a person reads on a page is in src/pages/texts, once per language, and not in the page or
 * its script. Codes, names of a protocol's members, classes and ids are no texts, nor is what stands in a `code` element.
 */
const PAGES = /(?:^|[/\\])src[/\\]pages[/\\](?!texts[/\\])\w/;

/** Attributes, and members of a component, that are read. */
const READ = new Set(["aria-label", "title", "placeholder", "alt", "label", "hint"]);
/** What makes views (src/pages/kit), and which of its arguments is the first that can be read. */
const VIEWS = { element: 2, styled: 2, term: 0, choiceView: 1 };
/** What shows its first argument. */
const TELLS = new Set(["tell"]);

/** Two letters or more, that are no id such as `policy-hint`. */
const isText = (value) => /\p{L}{2}/u.test(value) && !/^[a-z]+(?:-[a-z]+)+$/.test(value);

/** What of an expression is read and written there: a string, the words of a template, either way of a condition, a part of a sum. */
function literalsIn(node) {
  switch (node?.type) {
    case "Literal":
      return typeof node.value === "string" && isText(node.value) ? [node] : [];
    case "TemplateLiteral":
      return node.quasis.some(({ value }) => isText(value.cooked)) ? [node] : [];
    case "ConditionalExpression":
      return [...literalsIn(node.consequent), ...literalsIn(node.alternate)];
    case "BinaryExpression":
    case "LogicalExpression":
      return node.operator === "+" || node.operator === "??" ? [...literalsIn(node.left), ...literalsIn(node.right)] : [];
    case "JSXExpressionContainer":
      return literalsIn(node.expression);
    default:
      return [];
  }
}

const nameOf = (key) => (key.type === "JSXNamespacedName" ? `${key.namespace.name}:${key.name.name}` : (key.name ?? key.value));

const rule = {
  create(context) {
    if (!PAGES.test(context.filename)) return {};
    const report = (node) => context.report({ node, message: 'what people read stands in src/pages/texts (CONTRIBUTING.md, "Texts")' });
    const check = (node) => literalsIn(node).forEach(report);
    return {
      JSXText(node) {
        if (isText(node.value) && node.parent.openingElement?.name.name !== "code") report(node);
      },
      JSXExpressionContainer(node) {
        if (node.parent.type !== "JSXAttribute" && node.parent.openingElement?.name.name !== "code") check(node);
      },
      JSXAttribute(node) {
        if (READ.has(nameOf(node.name))) check(node.value);
      },
      Property(node) {
        if (!node.computed && READ.has(nameOf(node.key))) check(node.value);
      },
      CallExpression(node) {
        const name = node.callee.type === "Identifier" ? node.callee.name : "";
        const from = Object.hasOwn(VIEWS, name) ? VIEWS[name] : TELLS.has(name) ? 0 : null;
        if (from !== null) node.arguments.slice(from, TELLS.has(name) ? 1 : undefined).forEach(check);
      },
      AssignmentExpression(node) {
        if (node.left.type === "MemberExpression" && nameOf(node.left.property) === "textContent") check(node.right);
      },
    };
  },
};

export default { meta: { name: "texts" }, rules: { "in-one-place": rule } };
