/** Requests that are over long ago: their objects are empty, and everybody reads of them what they read before. */
import { describe, expect, it } from "vitest";
import { asked, archived, bucket, ENDINGS, everythingOf, overIds } from "#test/workerd/faults/archiving.ts";
import { alarmOf, service, verified } from "#test/workerd/faults/journeys.ts";

const cast = service();

describe.each(Object.entries(ENDINGS))("%s", (ending, end) => {
  it("is emptied once the archive has it, and is read as before", async () => {
    const id = await asked(cast(), ending);
    await end(cast(), id);
    const before = await everythingOf(cast(), id, ending);
    expect(before.again).toEqual([200, before.view]);

    await archived(cast(), id);
    expect(await alarmOf(id)).toBeNull();
    expect(await overIds()).toContain(id);
    expect((await bucket().list()).objects.map(({ key }) => key)).toContain(`requests/${id}`);

    const after = await everythingOf(cast(), id, ending);
    expect(after).toEqual(before);
    expect((await verified(cast(), id)).status).toBe(before.view.status);
  });
});
