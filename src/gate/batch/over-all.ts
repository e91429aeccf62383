/** Many requests’ objects asked, not all at the same time. */

/** So many objects are asked at once. */
const AT_ONCE = 20;

/** Does the work for each, a few at a time, and gives what came of it in their order. */
export async function overAll<Item, Done>(items: readonly Item[], work: (item: Item) => Promise<Done>): Promise<Done[]> {
  const done: Done[] = [];
  const waiting = items.entries();
  const oneByOne = async (): Promise<void> => {
    for (const [at, item] of waiting) done[at] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, oneByOne));
  return done;
}
