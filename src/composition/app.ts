/** The app with everything that it reaches. */
import { makeApp } from "#http/app.ts";
import { makePorts } from "./ports.ts";

export const app = makeApp(makePorts);
