/** The archive in an R2 bucket. */
import type { Config } from "#config/config.ts";
import type { ArchivePorts, TextStore } from "#gate/approvals/archive/request-archive.ts";

/** The archive in this bucket; null without one. */
export const archiveIn = (bucket: R2Bucket | undefined, { archive: times, serverSecret: secret }: Config): ArchivePorts | null =>
  bucket === undefined ? null : { texts: textsIn(bucket), secret, times, now: () => Date.now() };

/** Texts as objects of this bucket, by their names. */
const textsIn = (bucket: R2Bucket): TextStore => ({
  async keep({ name, text }) {
    await bucket.put(name, text, { onlyIf: { etagDoesNotMatch: "*" }, httpMetadata: { contentType: "text/plain; charset=utf-8" } });
  },
  async read(name) {
    const held = await bucket.get(name);
    return held === null ? null : await held.text();
  },
  async names(prefix, most) {
    const { objects } = await bucket.list({ prefix, limit: most });
    return objects.map(({ key }) => key);
  },
  delete: (names) => bucket.delete(names),
});
