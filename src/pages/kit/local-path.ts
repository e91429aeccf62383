/** Where a page may send its reader next: nowhere but to this service. */

/** `next` if it is a path of this service, such as `/a/apr_…`; otherwise `/`. Refuses `//host`, `/\host`, control characters. */
export const localPath = (next: string): string => (/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(next) ? next : "/");
