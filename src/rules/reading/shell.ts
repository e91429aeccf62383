/**
 * Commands in a text: what they destroy, run or open. Patterns, each bounded, so that no text takes long; a command can always be written
 * so that none of them finds it.
 */
import { type Mark, marksOf } from "./mark.ts";

/** Where a command begins. */
const START = String.raw`(?:^|[\n;&|({\x60]|\$\()[ \t]{0,20}(?:sudo[ \t]+)?`;

interface Danger {
  pattern: RegExp;
  says: string;
  kind: "danger" | "care";
}

const anywhere = (source: string, says: string, kind: Danger["kind"] = "danger"): Danger => ({
  pattern: new RegExp(source, "gid"),
  says,
  kind,
});

/** What no sentence looks like. */
const UNMISTAKABLE: readonly Danger[] = [
  anywhere(
    String.raw`\brm[ \t]+(?:-{1,2}[\w-]{1,30}[ \t]+){0,6}-{1,2}(?:[a-z]{0,8}[rf][a-z]{0,8}|recursive|force)\b(?:[ \t]+(?!&|\||;)\S{1,80})?`,
    "Deletes files",
  ),
  anywhere(String.raw`\b(?:curl|wget|fetch)\b[^|\n]{1,400}\|[ \t]{0,4}(?:sudo[ \t]+)?(?:ba|z|da|k)?sh\b`, "Runs what it downloads"),
  anywhere(String.raw`\b(?:curl|wget)\b[^|\n]{1,400}\|[ \t]{0,4}(?:sudo[ \t]+)?(?:python3?|perl|ruby|node)\b`, "Runs what it downloads"),
  anywhere(
    String.raw`\b(?:bash|sh|zsh|source|eval)\b[ \t"']{1,4}(?:-c[ \t"']{1,4})?(?:<|\$)\([ \t]{0,4}(?:curl|wget)\b`,
    "Runs what it downloads",
  ),
  anywhere(
    String.raw`\bbase64[ \t]+(?:-d|-D|--decode)\b[^|\n]{0,200}\|[ \t]{0,4}(?:sudo[ \t]+)?(?:ba|z|da|k)?sh\b`,
    "Runs what is hidden in letters",
  ),
  anywhere(String.raw`\bdd[ \t]+[^\n|;&]{0,200}\bof=\S{1,80}`, "Overwrites a disk or a file"),
  anywhere(String.raw`\bmkfs(?:\.\w{2,8})?[ \t]+\S{1,80}`, "Formats a disk"),
  anywhere(String.raw`\bchmod[ \t]+(?:-{1,2}[\w-]{1,20}[ \t]+){0,3}(?:[0-7]?777|a\+rwx|[ao]{0,2}\+w)\b`, "Lets everybody write"),
  anywhere(
    String.raw`\bgit[ \t]+push\b(?:[ \t]+(?!-f\b|--force)[^\s;&|]{1,80}){0,6}[ \t]+(?:-f\b|--force(?:-with-lease)?\b|\+[\w./-]{1,80})`,
    "Overwrites what others pushed",
  ),
  anywhere(String.raw`\bgit[ \t]+(?:reset[ \t]+--hard|clean[ \t]+-[a-z]{0,4}f[a-z]{0,4}|filter-branch)\b`, "Throws changes away"),
  anywhere(
    String.raw`>{1,2}[ \t]{0,4}/(?:etc|usr|bin|sbin|boot|lib|lib64|sys|proc|root|var/spool/cron|dev/(?:sd|nvme|hd|disk))[\w./-]{0,80}`,
    "Writes into the system",
  ),
  anywhere(String.raw`\bkubectl[ \t]+(?:-{1,2}\S{1,60}[ \t]+){0,4}delete\b(?:[ \t]+\S{1,80}){0,2}`, "Deletes from a cluster"),
  anywhere(String.raw`\bterraform[ \t]+(?:destroy\b|apply\b[^\n;&|]{0,100}-auto-approve)`, "Changes infrastructure without asking"),
  anywhere(String.raw`#[ \t][\w.[\]"-]{1,120}[ \t](?:will be destroyed|must be replaced)`, "Destroys what is there"),
  anywhere(String.raw`\bPlan:[ \t][^\n]{1,80}(?<![\d])(?<stretch>[1-9]\d{0,5}[ \t]to destroy)`, "Destroys what is there"),
  anywhere(String.raw`\bdocker[ \t]+(?:system|volume|image)[ \t]+prune\b`, "Deletes what is not in use", "care"),
  anywhere(String.raw`\baws[ \t]+s3[ \t]+(?:rb\b|rm\b[^\n;&|]{0,120}--recursive\b)`, "Deletes stored objects"),
  anywhere(String.raw`/dev/tcp/[\w.-]{1,80}|\bnc[ \t]+(?:-[a-z]{1,8}[ \t]+){0,4}-[a-z]{0,4}e\b`, "Opens a way in"),
  anywhere(String.raw`:\(\)[ \t]{0,4}\{[^}\n]{0,20}\};?[ \t]{0,4}:?`, "Takes up the whole machine"),
];

/** What could be a word of a sentence: only where a command begins. */
const WHERE_IT_BEGINS: readonly Danger[] = [
  anywhere(
    String.raw`(?:^|[\n;&|({\x60]|\$\()[ \t]{0,20}(?<stretch>sudo[ \t]+(?!(?:is|was|has|had|will|would|not|and|or|access|rights)\b)(?:-\S{1,20}[ \t]+){0,4}\S{1,40}|su[ \t]+-\S{0,20})`,
    "Runs as root",
    "care",
  ),
  anywhere(`${START}(?<stretch>(?:shutdown|reboot|halt|poweroff)(?=[ \\t]*(?:$|[\\n;&|)]|-|now\\b|\\+\\d)))`, "Stops the machine"),
  anywhere(`${START}(?<stretch>(?:shred|wipefs|fdisk|parted)[ \\t]+\\S{1,80})`, "Deletes beyond recovery"),
  anywhere(`${START}(?<stretch>chown[ \\t]+-R[ \\t]+\\S{1,60})`, "Changes whose files they are", "care"),
  anywhere(`${START}(?<stretch>find[ \\t][^\\n;&|]{0,200}-(?:delete\\b|exec[ \\t]+rm\\b))`, "Deletes files"),
  anywhere(
    `${START}(?<stretch>crontab[ \\t]+-r\\b|history[ \\t]+-c\\b|userdel[ \\t]+\\S{1,40}|passwd[ \\t]+\\S{1,40}|iptables[ \\t]+-F\\b)`,
    "Changes the system",
  ),
];

/** What is dangerous in a text as a command. */
export const shellMarks = (text: string): Mark[] =>
  [...UNMISTAKABLE, ...WHERE_IT_BEGINS].flatMap(({ pattern, says, kind }) => marksOf(text, pattern, kind, says));
