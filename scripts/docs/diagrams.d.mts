/** File name: the SVG. */
export const DIAGRAMS: Record<string, string>;
