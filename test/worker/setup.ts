/** Before every test file: its storage is empty, so make the tables. */
import { makeTables } from "./storage.ts";

await makeTables();
