/** Before every test file: its storage is empty, so make the tables. */
import { makeTables } from "./support/storage.ts";

await makeTables();
