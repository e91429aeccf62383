/** Text of others that people are told to put into a shell, or that goes into a file which one reads. */

/** Whether nothing in it means anything to a shell, or to a reader of such files: the name of a log's key may be nearly anything. */
export const isShellPlain = (text: string): boolean => /^[A-Za-z0-9_.:/+=@[\]-]+$/.test(text);
