/**
 * Where the editor's styles go. Its packages write them into an element, which the page's policy does not take (`style-src 'self'`);
 * a sheet that a script of the page makes it does.
 */
import { StyleModule } from "style-mod";

const sheet = new CSSStyleSheet();
const mounted: StyleModule[] = [];

/** To be called before there is an editor. */
export function adoptStyles(): void {
  StyleModule.mount = (_, modules) => {
    const fresh = [modules].flat().filter((one) => !mounted.includes(one));
    if (fresh.length === 0) return;
    // The first are those that others go over.
    mounted.unshift(...fresh);
    sheet.replaceSync(mounted.map((one) => one.getRules()).join("\n"));
    if (!document.adoptedStyleSheets.includes(sheet)) document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  };
}
