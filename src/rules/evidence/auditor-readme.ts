/** What a bundle says to whoever unpacks it: how to check it, and what it says of controls. For people; nothing is verified by it. */
import type { Manifest } from "#countersign/evidence/bundle-format.ts";
import { type MappedControl, MAPPED_CONTROLS } from "./control-mapping.ts";

type Told = Pick<Manifest, "origin" | "log" | "from" | "to" | "first" | "last" | "generated_at" | "generated_by" | "scope">;

/** A time as it was asked for, or what stands for it. */
const when = (time: string | null, otherwise: string): string => time ?? otherwise;

/** `README.md` of a bundle. */
export const auditorReadme = ({ origin, log, from, to, first, last, generated_at, generated_by, scope }: Told): string => `# Evidence bundle

Made by ${origin} at ${generated_at}, for ${generated_by.username} (${generated_by.id}).

It holds leaf ${first.size} up to, but not including, leaf ${last.size} of the log \`${log}\`: what happened
from ${when(from, "the log's beginning")} to ${when(to, "when it was made")}, by the log's own clock.
${scope === "everything" ? "Every record that has not been erased is shown." : "Records of requests are withheld: whoever asked for it may not read all of them."}

## Check it

You need two things that are not in here, from a source that you trust: the log's verifier key, and the address of the
service. Then, without a network:

    countersign verify-bundle FOLDER-OR-ZIP --vkey KEY --origin ${origin}

With \`--policy FILE\` the signed checkpoint must also bear the signatures of witnesses that you name; with
\`--approver usr_…=FINGERPRINT\` every decision must be by a key that you name. A bundle of up to 20 MB can also be checked in a
browser, at the page \`/verify\` of any Countersign service: nothing leaves that page.

## What is in it

| file                 | what it is                                                                                        |
| -------------------- | ------------------------------------------------------------------------------------------------- |
| \`manifest.json\`      | every other file with its size and SHA-256; for whom, when and over what it was made              |
| \`manifest.note\`      | the log's signature under the hash of \`manifest.json\`                                             |
| \`checkpoints/signed\` | the log's newest checkpoint then, signed, with the signatures of its witnesses                    |
| \`checkpoints/first\`  | size and root of the log before the first of these leaves                                         |
| \`checkpoints/last\`   | size and root of the log after the last of them                                                   |
| \`consistency.json\`   | proofs that \`signed\` extends \`last\` and \`last\` extends \`first\`                                    |
| \`entries.ndjson\`     | every leaf in between, in its order: record and salt, or the leaf's hash alone                    |
| \`receipts/\`          | of every request that ended in between: what was asked, who decided, by which rule, how it ended  |
| \`policies/\`          | the rules that were in force, published, or named by a receipt                                    |
| \`enrolments.ndjson\`  | whose passkeys were let in, by whom                                                               |
| \`controls.md\`        | which controls of SOC 2 and ISO/IEC 27001 this is evidence for, and what it does not show         |
| \`controls.json\`      | the same for programs                                                                             |

## What it proves, and what it does not

The leaves lead to the signed checkpoint, so none was taken away, added, moved or changed after the fact. A leaf whose hash
alone is here is known to exist, and nothing more is known of it. The bundle proves what the gate recorded; it does not prove
that agents had no other way, that a key is held by the person it is registered for, or, without witnesses, that the
operator did not show somebody else another log.
`;

function controlText({ framework, control, about, files, shows, does_not_show }: MappedControl): string {
  return `### ${framework}, ${control}\n\n${about}. See ${files.map((file) => `\`${file}\``).join(", ")}.\n\n- Shows: ${shows}\n- Does not show: ${does_not_show}\n`;
}

/** `controls.md` of every bundle. */
export const controlsText = (): string =>
  `# Controls\n\nWhat is in this bundle, by controls that auditors ask about. The words are ours; the standards have their own. Whether a\ncontrol is met is for you to judge: this says where to look.\n\n${MAPPED_CONTROLS.map(controlText).join("\n")}`;

/** `controls.json` of every bundle. */
export const controlsDocument = (): object => ({ type: "countersign/evidence-bundle-controls@v1", controls: MAPPED_CONTROLS });
