/** The soak of `npm run soak`, for seconds: a service under load is killed twice, and nothing that it told is lost or doubled. */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Auditor } from "#test/support/soak/audit.ts";
import { type Entry, Ledger } from "#test/support/soak/ledger.ts";
import { runApproval } from "#test/support/soak/one-approval.ts";
import { soak } from "#test/support/soak/soak.ts";
import { SoakedService } from "#test/support/soak/soaked-service.ts";

const SECONDS = 10;
const RATE = 5;
const ALL = SECONDS * RATE;

it("whatever was told before a kill holds after it, once", async () => {
  const soaked = await soak({ seconds: SECONDS, rate: RATE, killEverySeconds: 3.5, sampleEverySeconds: 5 });
  expect(soaked.findings).toEqual([]);
  expect(soaked).toMatchObject({ kills: 2, begun: ALL, finished: ALL, broken: { otherwise: 0 } });
  // Or the kills hit nothing.
  expect(soaked.broken.byKill).toBeGreaterThan(0);
  expect(soaked.counted).toMatchObject({ receipts: ALL, leaves: 3 * ALL });
  expect(soaked.counted.redeemedAgain).toBeGreaterThan(ALL);
  rmSync(soaked.stateDir, { recursive: true });
});

const idOf = ({ told }: Entry): string => told?.view.request_id ?? "";

/** The files of the object that keeps an approval. */
function filesOf(stateDir: string, entry: Entry): string[] {
  const folder = join(stateDir, "v3/do/countersign-ApprovalRequest");
  const names = readdirSync(folder).filter((name) => readFileSync(join(folder, name), "latin1").includes(entry.key));
  const ids = new Set(names.map((name) => name.split(".")[0]));
  return readdirSync(folder)
    .filter((name) => ids.has(name.split(".")[0]))
    .map((name) => join(folder, name));
}

it("and what is lost, is another than was told, or is one too many, is found", async () => {
  const service = await SoakedService.start();
  const ledger = new Ledger();
  const auditor = await Auditor.begin(service, ledger);
  for (let n = 0; n < 3; n++) await runApproval(service, ledger, 0, () => {});
  const [lost, other, whole] = ledger.entries as [Entry, Entry, Entry];
  await auditor.audit();
  expect(auditor.findings).toEqual([]);

  await runApproval(service, new Ledger(), 0, () => {});
  await service.killAndStart(() => {
    const files = filesOf(service.stateDir, lost);
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) rmSync(file);
  });
  if (other.told !== null) other.told.view["outcome"] = "failed";
  await auditor.end();
  expect(auditor.findings.toSorted()).toEqual(
    [
      `${idOf(lost)} was told and is answered 404 unknown_request`,
      `${idOf(other)}: outcome was "failed", is "succeeded"`,
      `there is no receipt of ${idOf(lost)} that can be read: 404`,
      "the receipts name 6 leaves instead of 9",
      "the log has 12 leaves of approvals instead of 9",
      "4 requests are listed, and 3 were asked for",
    ].toSorted(),
  );
  expect(auditor.findings.join("\n")).not.toContain(idOf(whole));
  rmSync(service.stateDir, { recursive: true });
});
