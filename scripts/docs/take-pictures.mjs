/** What `npm run screenshots:docs` runs. */
import { takePictures } from "./pictures.mjs";

await takePictures(process.argv.slice(2));
process.exit(0);
