/** How long to wait before the next try: twice as long each time, up to `most`, and never as long as another who failed at the same moment. */
export function nextWaitMs(failures: number, first: number, most: number): number {
  const full = Math.min(most, first * 2 ** Math.min(Math.max(failures, 1) - 1, 20));
  return Math.round(full * (0.75 + Math.random() / 4));
}
