/** Many things that take their time, some of them at once, their outcomes in order. Stops beginning new ones once nobody asks on. */
export async function* inOrder<Item, Outcome>(
  items: Iterable<Item>,
  atOnce: number,
  begin: (item: Item) => Promise<Outcome>,
): AsyncGenerator<Outcome> {
  const begun: Promise<Outcome>[] = [];
  for (const item of items) {
    begun.push(begin(item));
    const first = begun.length === atOnce ? begun.shift() : undefined;
    if (first !== undefined) yield await first;
  }
  for (const outcome of begun) yield await outcome;
}
