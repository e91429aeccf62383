/** Types of claims.mjs, for its tests. */
export function packComplaints(files: readonly string[]): string[];

export function contentComplaints(path: string, text: string, root: string): string[];

export function versionComplaints(named: Readonly<Record<string, string>>): string[];

export function changelogComplaints(changelog: string, version?: string | null): string[];

export function sbomComplaints(sbom: unknown, wanted: { component: string; parts: readonly string[] }): string[];
