/** `npm run docs`: writes what of docs/ is made of other things, its diagrams and the API reference, and builds the pages at /docs. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { openApiDocument } from "../../src/api/openapi/openapi-document.ts";
import { buildAssets } from "../build.mjs";
import { DIAGRAMS } from "./diagrams.mjs";
import { referenceText } from "./reference.mjs";

const file = (path) => fileURLToPath(new URL(`../../docs/${path}`, import.meta.url));

for (const [name, svg] of Object.entries(DIAGRAMS)) writeFileSync(file(`diagrams/${name}`), svg);
writeFileSync(file("reference.md"), referenceText(openApiDocument));
await buildAssets();
