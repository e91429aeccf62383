/** Types of places.mjs, for its tests. */
type Variables = Record<string, string>;

export function withServedPlaces(given: Variables, served: Variables | null): Variables;

export function databaseArguments(variables: Variables): string[];

export function placementOf(variables: Variables): { placement?: { mode: string } };

export function placesInWords(variables: Variables, committed: { raw: { cache?: { enabled: boolean } } }): string;
