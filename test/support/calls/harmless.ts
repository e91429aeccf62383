/** Harmless texts of many kinds that look a little like secrets: made ones, the same in every run, and files of this repository. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { b64, b64u, hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { ALPHANUMERIC, DIGITS, LOWER, type Made, UPPER, URL64 } from "./made.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const FOLDERS = ["src", "packages/countersign/src", "durable-objects", "docs", "scripts", "d1-migrations", "bench", "schemas"];

/** Every file of the repository's own text, each a sample. */
export const repositoryFiles = (): { name: string; text: string }[] =>
  FOLDERS.flatMap((folder) => readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true }))
    .filter((entry) => entry.isFile() && /\.(?:tsx?|mjs|md|sql|css|json)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ name: path.slice(ROOT.length), text: readFileSync(path, "utf8") }));

const BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const WORDS =
  "account address alpha answer approval archive backup balance branch budget build button cache card change channel city client code column commit config contract copy country customer database deploy design device document domain driver email engine error event export field file filter folder form gateway green group handler harbour header history image import index invoice item journal label language lemon letter library limit line list loader machine manager market member memory message meter method model module mountain name network notice number object office open order owner page panel parser password patch payment people picture plan player point policy portal price printer process product profile project protocol query queue quick reader record region release report request response result review river road role rule sample schedule schema screen script search secret section server service session setting shape shell signal simple single sound source spring stage start state station status storage stream street string style summer switch system table target task team template terminal test text thread ticket time title token tool topic track train transfer travel tree update upload user value vendor version video view village visitor voice volume wallet water weather window winter worker yellow zone".split(
    " ",
  );

const words = (made: Made, count: number): string => Array.from({ length: count }, () => made.of(WORDS)).join(" ");
const capital = (word: string): string => word[0]?.toUpperCase() + word.slice(1);
const camel = (made: Made, count: number): string => {
  const [first = "", ...rest] = words(made, count).split(" ");
  return first + rest.map(capital).join("");
};
const sentence = (made: Made): string => `${capital(words(made, 6 + made.number(12)))}.`;
const uuid = (made: Made, version: string): string => {
  const text = hex(made.bytes(16));
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-${version}${text.slice(13, 16)}-${made.of(["8", "9", "a", "b"])}${text.slice(17, 20)}-${text.slice(20)}`;
};
const upTo = (made: Made, below: number, width = 2): string => String(1 + made.number(below)).padStart(width, "0");
const date = (made: Made): string =>
  `20${upTo(made, 30)}-${upTo(made, 12)}-${upTo(made, 28)}T${upTo(made, 23)}:${upTo(made, 59)}:${upTo(made, 59)}.${upTo(made, 998, 3)}Z`;
const picture = (made: Made): string => {
  const [begins] = [made.of(["89504e470d0a1a0a0000000d49484452", "ffd8ffe000104a464946000101000001", "474946383961100010008000000000ff"])];
  const head = Uint8Array.from(begins.match(/../g) ?? [], (one) => Number.parseInt(one, 16));
  return b64(Uint8Array.of(...head, ...made.bytes(120 + made.number(2_000))));
};
const pick = <One>(made: Made, all: readonly (() => One)[]): One => made.of(all)();

/** By kind, one harmless text. */
export const HARMLESS_KINDS: Readonly<Record<string, (made: Made) => string>> = {
  prose: (made) => Array.from({ length: 5 }, () => sentence(made)).join(" "),
  "prose about secrets": (made) =>
    `The ${made.of(["password", "token", "secret", "API key"])} of the ${words(made, 2)} is kept in the ${words(made, 1)}: ${sentence(made)} Set ${made.of(["PASSWORD", "API_KEY"])}=<your ${words(made, 1)}> first.`,
  uuid4: (made) => `${words(made, 2)} ${uuid(made, "4")}`,
  uuid7: (made) => `id=0190${uuid(made, "7").slice(4)}`,
  "uuid without dashes": (made) => `${words(made, 1)}/${hex(made.bytes(16))}`,
  sha1: (made) => `commit ${hex(made.bytes(20))}`,
  sha256: (made) => `sha256:${hex(made.bytes(32))}`,
  sha512: (made) => `${hex(made.bytes(64))}  ${words(made, 1)}.tar.gz`,
  "integrity of packages": (made) => `"integrity": "sha512-${b64(made.bytes(64))}"`,
  "go.sum": (made) => `github.com/${words(made, 1)}/${words(made, 1)} v1.${made.number(20)}.0 h1:${b64(made.bytes(32))}`,
  picture: (made) => picture(made),
  "picture in an address": (made) => `data:image/png;base64,${picture(made)}`,
  "lines of base64": (made) => (b64(made.bytes(400)).match(/.{1,76}/g) ?? []).join("\n"),
  certificate: (made) =>
    `-----BEGIN CERTIFICATE-----\n${(`MIIC${b64(made.bytes(500))}`.match(/.{1,64}/g) ?? []).join("\n")}\n-----END CERTIFICATE-----`,
  "public key": (made) => `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${b64(made.bytes(32))} ${words(made, 1)}@${words(made, 1)}`,
  ulid: (made) => `01${made.text(BASE32, 24)}`,
  "request id": (made) => `apr_${b64u(made.bytes(24))}`,
  "id in base64url": (made) => `${made.of(["agt_", "srv_", "usr_", "ses-", ""])}${b64u(made.bytes(made.of([9, 12, 15, 16, 18, 24])))}`,
  nanoid: (made) => `/${words(made, 1)}/${made.text(URL64, 21)}`,
  "short id": (made) => `${made.of(["cus_", "pi_", "prod_", "evt_"])}${made.text(ALPHANUMERIC, 14 + made.number(11))}`,
  "git diff": (made) =>
    `diff --git a/src/${words(made, 1)}.ts b/src/${words(made, 1)}.ts\nindex ${hex(made.bytes(4)).slice(1)}..${hex(made.bytes(4)).slice(1)} 100644\n@@ -${made.number(90)},7 +${made.number(90)},9 @@\n-  const ${camel(made, 3)} = ${camel(made, 2)}(${camel(made, 1)});\n+  const ${camel(made, 3)} = await ${camel(made, 4)}(${camel(made, 1)}.${camel(made, 2)});\n`,
  "minified code": (made) =>
    Array.from(
      { length: 30 },
      () =>
        `function ${made.text(LOWER, 1)}(${made.text(LOWER, 1)},${made.text(LOWER, 1)}){return ${made.text(LOWER, 1)}.${camel(made, 2)}(${made.number(99)})?${made.text(LOWER, 1)}[${made.number(9)}]:void 0}var ${made.text(ALPHANUMERIC, 2)}=${camel(made, 3)};`,
    ).join(""),
  "long names": (made) => `${camel(made, 8)} ${words(made, 7).replaceAll(" ", "_")} ${words(made, 7).replaceAll(" ", "-").toUpperCase()}`,
  "code about secrets": (made) =>
    pick(made, [
      () => `const ${made.of(["token", "password", "apiKey", "clientSecret"])} = await ${camel(made, 3)}(${camel(made, 2)});`,
      () =>
        `${made.of(["token", "secret"])}: ${made.of(["string", "z.string().min(1)", "process.env.API_KEY", "config.get('x')", "null"])},`,
      () => `if (password === "" || token.length < ${made.number(50)}) throw new Error("${words(made, 4)}");`,
      () => `<input type="password" name="password" autocomplete="new-password" id="${words(made, 2).replace(" ", "-")}">`,
      () => `API_KEY=\${API_KEY}\nDB_PASSWORD=changeme\nSECRET_TOKEN=<your-token-here>`,
      () => `page_token=${made.text(ALPHANUMERIC, 24)}&max_tokens=${made.number(4_000)}`,
    ]),
  "paths of files": (made) =>
    `/${words(made, 6).replaceAll(" ", "/")}/${camel(made, 3)}.${made.of(["ts", "py", "tsx"])}:${made.number(300)}:${made.number(80)}`,
  url: (made) =>
    `https://${words(made, 2).replace(" ", "-")}.example.com/${words(made, 3).replaceAll(" ", "/")}?${words(made, 1)}=${made.number(100_000)}&ref=${camel(made, 2)}#${words(made, 1)}`,
  "url with an id": (made) => `https://www.example.com/watch?v=${made.text(URL64, 11)}&list=${made.text(URL64, 34)}`,
  "url with a user": (made) =>
    `postgres://${words(made, 1)}:${made.of(["password", "<password>", "$PASSWORD", "***"])}@localhost:5432/${words(made, 1)}`,
  phone: (made) =>
    pick(made, [
      () => `+49 ${made.text(DIGITS, 3)} ${made.text(DIGITS, 7)}`,
      () => `(${200 + made.number(700)}) ${200 + made.number(700)}-${made.text(DIGITS, 4)}`,
    ]),
  date,
  "log line": (made) =>
    `${date(made)} INFO [${camel(made, 2)}] ${words(made, 4)} took ${made.number(9_000)}ms trace=${hex(made.bytes(16))} span=${hex(made.bytes(8))}`,
  traceparent: (made) => `00-${hex(made.bytes(16))}-${hex(made.bytes(8))}-01`,
  "order number": (made) => `${made.of(["ORD-", "INV", "#", "PO-2026-", "DE"])}${made.text(DIGITS, 5 + made.number(7))}`,
  "numbers of goods": (made) => `${made.of(["40", "45", "50", "97"])}${made.text(DIGITS, 11)}`,
  "milliseconds and ids of messages": (made) => `${1_600_000_000_000 + made.number(300_000_000)} 1${made.text(DIGITS, 18)}`,
  coordinates: (made) => `${made.number(90)}.${made.text(DIGITS, 14)}, -${made.number(180)}.${made.text(DIGITS, 13)}`,
  table: (made) =>
    Array.from(
      { length: 12 },
      () => `${words(made, 1)},${made.number(1_000)},${made.number(100)}.${made.text(DIGITS, 2)},${date(made)}`,
    ).join("\n"),
  "name and version": (made) =>
    `${words(made, 2).replace(" ", "-")}@${made.number(20)}.${made.number(30)}.${made.number(9)}-beta.${made.number(9)} (node v${made.number(24)}.${made.number(20)}.0, 127.0.0.1:${8_000 + made.number(999)})`,
  etag: (made) => `W/"${made.number(99_999)}-${b64(made.bytes(20))}"`,
  "image of a container": (made) => `registry.example.com/${words(made, 1)}/${words(made, 1)}@sha256:${hex(sha256(utf8(words(made, 3))))}`,
  "other languages": (made) =>
    made.of([
      "Bitte das Passwort: es liegt im Tresor, Fach 12, und gilt bis morgen. Größe und Maße stimmen überein.",
      "Le mot de passe est conservé ailleurs ; voir la page 42 du classeur bleu, s'il vous plaît.",
      "パスワードは別の場所に保管されています。トークンは毎週更新されます。",
      "Пароль хранится в другом месте, смотри страницу 7.",
    ]),
  "upper case": (made) => `${words(made, 6).toUpperCase()} ${made.text(UPPER, 3)}-${made.text(DIGITS, 6)}`,
};
