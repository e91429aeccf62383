/** What has to be true of a version before it is released, as far as files can tell. Each function gives what is not, in words. */

/** What may be in the package: what was built, the example policies, and what tells of it. */
const IN_PACKAGE =
  /^(?:package\.json|README\.md|LICENSE|policies\/[a-z-]+\.(?:policy|cases)\.yaml|dist\/(?:THIRD-PARTY-LICENSES\.txt|[a-z-]+\.js|chunk-[A-Z0-9]+\.js|types\/[\w./-]+\.d\.ts))$/;
const NEEDED = ["package.json", "README.md", "LICENSE", "dist/THIRD-PARTY-LICENSES.txt", "dist/cli.js"];

/** What a packed package holds beyond what it may, or lacks. `files` are paths in it. */
export function packComplaints(files) {
  const surplus = files.filter((path) => !IN_PACKAGE.test(path)).map((path) => `${path} is in the package`);
  return [...surplus, ...NEEDED.filter((path) => !files.includes(path)).map((path) => `${path} is not in the package`)];
}

/** What a file of the package must not hold: a folder of the machine that built it, the address of a map, a key. */
export function contentComplaints(path, text, root) {
  const found = [];
  if (text.includes(root)) found.push(`${path} names ${root}`);
  if (/^\/\/# sourceMappingURL=/m.test(text)) found.push(`${path} names a map`);
  if (/\bcs[kct]_[0-9A-Za-z_-]{36,43}\b/.test(text)) found.push(`${path} holds what looks like a key`);
  return found;
}

/** One version everywhere. `named` is from where it stands to what it says. */
export function versionComplaints(named) {
  const [[, first]] = Object.entries(named);
  const others = Object.entries(named).filter(([, version]) => version !== first);
  const complaints = others.map(([place, version]) => `${place} says ${version}, not ${first}`);
  return /^0\.\d+\.\d+$|^[1-9]\d*\.\d+\.\d+$/.test(first) ? complaints : [...complaints, `${first} is no version to release`];
}

const HEADING = /^## (.+)$/gm;
const RELEASED = /^(\d+\.\d+\.\d+) - \d{4}-\d\d-\d\d$/;

const isNewer = (one, other) => {
  const [a, b] = [one, other].map((version) => version.split(".").map(Number));
  const at = a.findIndex((part, i) => part !== b[i]);
  return at !== -1 && a[at] > b[at];
};

/** The text below each heading of the second level. */
function sectionsOf(changelog) {
  const headings = [...changelog.matchAll(HEADING)];
  return headings.map((heading, i) => [heading[1], changelog.slice(heading.index, headings[i + 1]?.index)]);
}

/**
 * Whether the changelog is in order: what is not released first, then versions, the newest first, each with what an upgrade takes.
 * With `version` that one has to be the newest, and released.
 * @param {string} changelog
 * @param {string | null} version
 */
export function changelogComplaints(changelog, version = null) {
  const sections = sectionsOf(changelog);
  const complaints = sections
    .filter(([, text]) => /^- /m.test(text) && !/^### Upgrade notes$/m.test(text))
    .map(([heading]) => `CHANGELOG.md: “${heading}” lacks “### Upgrade notes”`);
  const versions = sections
    .filter(([heading], i) => !(heading === "Unreleased" && i === 0))
    .map(([heading]) => RELEASED.exec(heading)?.[1] ?? null);
  if (versions.includes(null)) complaints.push("CHANGELOG.md: a heading is neither “Unreleased”, at the top, nor “1.2.3 - 2026-12-31”");
  const known = versions.filter((one) => one !== null);
  if (known.some((one, i) => i > 0 && !isNewer(known[i - 1], one))) complaints.push("CHANGELOG.md: versions are not the newest first");
  if (version !== null && known[0] !== version)
    complaints.push(`CHANGELOG.md: the newest version is ${known[0] ?? "none"}, not ${version}`);
  return complaints;
}

/** What a list of parts lacks: everything that the service takes at run time, and everything that is bundled into the package. */
export function sbomComplaints(sbom, { component, parts }) {
  const isOne = sbom?.bomFormat === "CycloneDX" && Array.isArray(sbom.components) && sbom.metadata?.component?.["bom-ref"] === component;
  if (!isOne) return [`the list of parts is no CycloneDX document of ${component}`];
  const listed = new Set(sbom.components.map(({ name, version }) => `${name}@${version}`));
  return parts.filter((part) => !listed.has(part)).map((part) => `the list of parts lacks ${part}`);
}
