/** The lines of an export, with short statements in the place of long ones. */
export function shortLines(file: string): AsyncGenerator<string>;
