/**
 * Before every test file: files share a runtime, and each begins with empty storage, with tables, and with the Worker loaded. What is loaded
 * is not asked for again: at every call the runner of tests would ask its server for the Worker's module, and calls at the same moment would
 * wait for one answer, which the runtime forbids.
 */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { emptyStorage } from "./support/storage.ts";

interface Module {
  evaluated: boolean;
}
interface ModuleRunner {
  evaluatedModules: { getModuleByUrl(url: string): Module | undefined };
  cachedModule(url: string, importer?: string): Promise<Module>;
}

const { moduleRunner } = (globalThis as unknown as { __vitest_mocker__: { moduleRunner: ModuleRunner } }).__vitest_mocker__;
if (!Object.hasOwn(moduleRunner, "cachedModule")) {
  const ask = moduleRunner.cachedModule.bind(moduleRunner);
  moduleRunner.cachedModule = async (url, importer) => {
    const loaded = moduleRunner.evaluatedModules.getModuleByUrl(url);
    return loaded?.evaluated === true ? loaded : ask(url, importer);
  };
}

const objects: unknown = env.LOG_SEQUENCER;
await runInDurableObject((objects as DurableObjectNamespace).getByName("loads the Worker"), () => undefined);
await emptyStorage();
