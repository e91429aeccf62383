export const WRANGLERS_OWN: RegExp;
export const NPMS_OWN: RegExp;
export function withoutSecrets(environment: NodeJS.Dict<string>, own?: RegExp): Record<string, string>;
