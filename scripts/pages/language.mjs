/**
 * Which language the pages are in, and where its texts are: a folder of src/pages/texts, which `#texts/*` stands for. The pages' scripts
 * are built with it (texts.mjs), and the Worker by wrangler, which is told of each file.
 */
import { readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const TEXTS = join(ROOT, "src", "pages", "texts");
/** What package.json says where nothing else is said. */
const ENGLISH = "en";

/** From the environment: `PAGES_LANGUAGE=de npm run deploy`. */
export const PAGES_LANGUAGE = process.env.PAGES_LANGUAGE || ENGLISH;

/** Where the texts of a language stand. */
export const folderOfTexts = (language) => join(TEXTS, language);

/** wrangler's arguments for texts that stand in `folder`. */
export const aliasesOf = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .toSorted()
    .flatMap((file) => ["--alias", `#texts/${file}:${join(folder, file)}`]);

/** wrangler's arguments for the pages' language; none for English, which it finds by itself. */
export const languageArguments = () => (PAGES_LANGUAGE === ENGLISH ? [] : aliasesOf(folderOfTexts(PAGES_LANGUAGE)));
