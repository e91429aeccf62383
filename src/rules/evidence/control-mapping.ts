/**
 * What an evidence bundle shows for controls that auditors ask about, and what it does not: in words of our own, by the numbers of the
 * AICPA's Trust Services Criteria (2017, revised 2022) and of ISO/IEC 27001:2022, Annex A.
 */

export interface MappedControl {
  framework: "SOC 2" | "ISO/IEC 27001:2022";
  control: string;
  /** What the control is about, in a few words of ours. */
  about: string;
  /** Files of the bundle to look at. */
  files: readonly string[];
  shows: string;
  does_not_show: string;
}

const RECEIPTS = "receipts/";
const POLICIES = "policies/";
const ENTRIES = "entries.ndjson";
const ENROLMENTS = "enrolments.ndjson";

const soc2 = (control: string, about: string, files: readonly string[], shows: string, doesNotShow: string): MappedControl => ({
  framework: "SOC 2",
  control,
  about,
  files,
  shows,
  does_not_show: doesNotShow,
});
const iso = (control: string, about: string, files: readonly string[], shows: string, doesNotShow: string): MappedControl => ({
  ...soc2(control, about, files, shows, doesNotShow),
  framework: "ISO/IEC 27001:2022",
});

export const MAPPED_CONTROLS: readonly MappedControl[] = [
  soc2(
    "CC6.1",
    "Logical access to protected assets is restricted",
    [RECEIPTS, POLICIES, ENTRIES],
    "Each action that agents brought before the gate, the rule it was judged by, and whether people, a rule, a grant or nobody let it pass.",
    "Ways to the same systems that do not lead through the gate, and what agents hold besides its keys.",
  ),
  soc2(
    "CC6.2",
    "People are registered and authorised before they get credentials",
    [ENROLMENTS, ENTRIES],
    "When each passkey was let in, for whom, and which admins signed for it; when passkeys were revoked and roles changed.",
    "That a username is the person it is taken for: who compared the key's digits, and how, is outside the record.",
  ),
  soc2(
    "CC6.3",
    "Access follows roles, least privilege and separation of duties",
    [RECEIPTS, POLICIES, ENTRIES],
    "Who could decide each request, who was kept out of it, how many had to sign, and every change of roles and groups with its signatures.",
    "Whether the roles that were given are the right ones for these people.",
  ),
  soc2(
    "CC6.6",
    "Threats from outside the boundary are kept out",
    [POLICIES, ENTRIES],
    "Which servers and tools were accepted behind the gate, by whom, with the hash of each tool's description, and which were taken away.",
    "Firewalls, networks and the servers themselves.",
  ),
  soc2(
    "CC7.2",
    "Systems are watched for what is out of the ordinary",
    [ENTRIES, RECEIPTS],
    "An order of everything that happened at the gate which cannot be changed afterwards: denials, stops, revocations, and commitments to every call.",
    "What was called and with what, of calls that nobody was asked about: of those the log has hashes alone.",
  ),
  soc2(
    "CC7.3",
    "Security events are judged and acted on",
    [ENTRIES],
    "When agents or everything were stopped and released, who ordered it, who signed for the release, and what was refused from then on.",
    "How the event was noticed, discussed and reported.",
  ),
  soc2(
    "CC8.1",
    "Changes are authorised, tested and approved before they take effect",
    [RECEIPTS, POLICIES],
    "For each change that was asked for as a request: its exact content by hash, who approved it before it was used, and how it went. Every rule change with its signatures.",
    "Tests and reviews of the change that took place elsewhere, unless they are in the payload that was signed.",
  ),
  iso(
    "5.3",
    "Conflicting duties are separated",
    [RECEIPTS, POLICIES],
    "That whoever owns or made the agent was kept out where the rule says so, and that nobody counted twice.",
    "Duties outside of the gate.",
  ),
  iso(
    "5.15",
    "Rules of access are set and followed",
    [POLICIES, RECEIPTS],
    "The rules in force in the period, word for word as they were judged by, and for each request which of them applied.",
    "That these rules are the ones the organisation decided on.",
  ),
  iso(
    "5.16",
    "Identities are managed over their whole life",
    [ENROLMENTS, ENTRIES],
    "The beginning and end of people's keys and of agents, each with who signed for it; who is above an agent that another one made.",
    "Identities in other systems, and people who left and were not revoked here.",
  ),
  iso(
    "5.17",
    "Authentication information is handled with care",
    [ENROLMENTS],
    "That decisions are made with passkeys, whose private keys the service never has, and which key each decision was signed with.",
    "How people keep their devices, and what unlocks them.",
  ),
  iso(
    "5.18",
    "Access rights are given, reviewed and taken away",
    [ENTRIES],
    "Every change of roles and groups, and every grant that lets things pass: given, used and revoked.",
    "Reviews at which nothing was changed.",
  ),
  iso(
    "8.2",
    "Privileged rights are restricted",
    [ENTRIES, ENROLMENTS],
    "Who is admin since when, and that what widens authority bears the signatures of as many admins as were asked for then.",
    "The operator's own rights over the platform that the service runs on.",
  ),
  iso(
    "8.3",
    "Access to information is restricted",
    [RECEIPTS, POLICIES],
    "Which reads by agents were asked about, and who allowed them.",
    "Reads that no rule asks about.",
  ),
  iso(
    "8.4",
    "Access to source code is managed",
    [RECEIPTS],
    "Where agents change code by the gate: each change by hash, with who approved it.",
    "Changes that people make themselves, or agents by other ways.",
  ),
  iso(
    "8.9",
    "Configurations are set, recorded and watched",
    [POLICIES, ENTRIES],
    "Each version of the policy, each server, tool and channel that was signed for, in their order.",
    "The configuration of the deployment: its variables and secrets.",
  ),
  iso(
    "8.15",
    "Logs are made, kept and protected",
    [ENTRIES, "consistency.json", "checkpoints/"],
    "That nothing of the log between the two checkpoints is missing, added, moved or changed, and, with witnesses, that others saw the same log.",
    "What records said that were erased since: of those the leaf alone is left.",
  ),
  iso(
    "8.16",
    "Activities are monitored",
    [ENTRIES],
    "Commitments to every call through the gate, in runs without a gap, so that a record of calls can be held against them.",
    "That somebody looked at them.",
  ),
  iso(
    "8.32",
    "Changes follow a procedure",
    [RECEIPTS, POLICIES],
    "As for CC8.1 of SOC 2: approval before use, bound to the exact content, once.",
    "Whether changes were made that nobody asked for here.",
  ),
];
