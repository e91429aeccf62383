/** What is left of bytes when one bit of them is wrong: every bit in turn. */
export function* bitFlips(bytes: Uint8Array): Generator<{ place: string; flipped: Uint8Array<ArrayBuffer> }> {
  for (let at = 0; at < bytes.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const flipped = new Uint8Array(bytes);
      flipped[at] = (flipped[at] as number) ^ (1 << bit);
      yield { place: `bit ${bit} of byte ${at}`, flipped };
    }
  }
}
