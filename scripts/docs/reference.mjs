/**
 * docs/reference.md from the OpenAPI description: `npm run docs` writes it, and a test holds that it is as the description is. Of each
 * route: what it is for, who may call it, what goes in, what comes out.
 */

const CALLERS = {
  apiKey: "agents (`X-Api-Key`)",
  bearer: "agents (`Authorization: Bearer`)",
  session: "people who are signed in",
  metricsToken: "the operator's metrics token",
  stopToken: "a person's stop token",
};

/** How deep members are told: what is below has its own name or is of little use in a list. */
const DEEPEST = 3;

const named = ({ $ref }) => $ref.slice($ref.lastIndexOf("/") + 1);
const code = (text) => `\`${text}\``;

/** A type in a word or two. */
function typeOf(schema) {
  if (schema.$ref !== undefined) return `[${named(schema)}](#${named(schema).toLowerCase()})`;
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  if (schema.enum !== undefined) return schema.enum.map((one) => code(JSON.stringify(one))).join(", ");
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return [...new Set(choices.map(typeOf))].join(" or ");
  if (schema.type === "array") return `list of ${schema.items === undefined ? "anything" : typeOf(schema.items)}`;
  if (Array.isArray(schema.type)) return schema.type.join(" or ");
  return schema.type ?? "anything";
}

function boundsOf({ minimum, maximum, minLength, maxLength, minItems, maxItems, pattern }) {
  const range = (least, most, what) =>
    least === undefined && most === undefined
      ? []
      : [
          `${least === undefined ? "" : `at least ${least}`}${least !== undefined && most !== undefined ? ", " : ""}${most === undefined ? "" : `at most ${most}`}${what}`,
        ];
  const isWhole = (number) => number !== undefined && Math.abs(number) < Number.MAX_SAFE_INTEGER;
  return [
    ...range(isWhole(minimum) ? minimum : undefined, isWhole(maximum) ? maximum : undefined, ""),
    ...range(minLength, maxLength, " characters"),
    ...range(minItems, maxItems, " items"),
    ...(pattern === undefined ? [] : [`as ${code(pattern)}`]),
  ];
}

/** The object whose members are worth telling: itself, or what a list holds. */
const objectIn = (schema) => (schema.properties === undefined ? (schema.items === undefined ? null : objectIn(schema.items)) : schema);

function membersOf(schema, depth = 0) {
  const object = objectIn(schema);
  if (object === null || depth >= DEEPEST) return [];
  const required = new Set(object.required);
  return Object.entries(object.properties).flatMap(([name, member]) => {
    const facts = [typeOf(member), ...boundsOf(member), ...(required.has(name) ? [] : ["may be left out"])].join("; ");
    const about = member.description === undefined ? "" : `: ${member.description.replaceAll(/\s+/g, " ")}`;
    return [`${"  ".repeat(depth)}- ${code(name)} (${facts})${about}`, ...membersOf(member, depth + 1)];
  });
}

const schemaText = (schema) => {
  const members = schema.$ref === undefined ? membersOf(schema) : [];
  return `${typeOf(schema)}${members.length === 0 ? "" : `\n\n${members.join("\n")}`}`;
};

function callersOf(security) {
  const names = [...new Set((security ?? []).flatMap((one) => Object.keys(one)))];
  return names.length === 0 ? "anyone" : names.map((name) => CALLERS[name] ?? name).join(", or ");
}

function parametersOf(parameters = []) {
  if (parameters.length === 0) return [];
  const lines = parameters.map(({ name, in: place, required, schema, description }) => {
    const facts = [typeOf(schema), ...boundsOf(schema), ...(required === true ? [] : ["may be left out"])].join("; ");
    const about = description ?? schema.description;
    return `- ${code(name)}, in the ${place} (${facts})${about === undefined ? "" : `: ${about.replaceAll(/\s+/g, " ")}`}`;
  });
  return [lines.join("\n")];
}

const bodyOf = (content) =>
  Object.entries(content ?? {}).map(
    ([type, { schema }]) =>
      `${type === "application/json" ? "JSON" : code(type)}: ${schema === undefined ? "anything" : schemaText(schema)}`,
  );

function routeText(base, path, method, route) {
  const answers = Object.entries(route.responses).filter(([status]) => status !== "default");
  return [
    `### ${code(`${method.toUpperCase()} ${base}${path}`)}`,
    `${route.summary}. For ${callersOf(route.security)}.${route.description === undefined ? "" : ` ${route.description}`}`,
    ...parametersOf(route.parameters),
    ...bodyOf(route.requestBody?.content).map((body) => `Body, ${body}`),
    ...answers.map(([status, { description, content }]) => [`**${status}** ${description}`, ...bodyOf(content)].join("\n\n")),
  ].join("\n\n");
}

/** The whole document. */
export function referenceText({ servers, paths, components }) {
  const base = servers[0].url;
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, route]) => ({ room: path.split("/")[1], text: routeText(base, path, method, route) })),
  );
  const rooms = [...Map.groupBy(routes, ({ room }) => room)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const schemas = Object.entries(components.schemas ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `${[
    "# API reference",
    `Every route below \`${base}\`, made from the description that a service gives at \`${base}/openapi.json\`; the same schemas check what is sent. What the answers mean, how waiting and idempotency work, and every refusal's code: [interfaces.md](interfaces.md). A refusal is \`application/problem+json\` with \`code\` and \`detail\`.`,
    ...rooms.map(([room, its]) => [`## ${room}`, ...its.map(({ text }) => text)].join("\n\n")),
    "## Documents",
    ...schemas.map(
      ([name, schema]) =>
        `### ${name}\n\n${schema.description === undefined ? "" : `${schema.description}\n\n`}${membersOf(schema).join("\n") || typeOf(schema)}`,
    ),
  ].join("\n\n")}\n`;
}
