/** What the card of a request says that passes in silence, alone and among others. */
import type { FC } from "hono/jsx";

export const Silence: FC = () => <p class="silence">If nobody denies it by then, and somebody was told of it, it passes.</p>;
