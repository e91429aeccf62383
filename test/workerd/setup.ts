/** Before every test file: files share a runtime, and each begins with empty storage and with tables. */
import { emptyStorage } from "./support/storage.ts";

await emptyStorage();
