/** Tokens that say by their form what they are: a prefix, an alphabet, a length. */
import { isApiKey } from "#countersign/documents/api-key.ts";
import type { Detected } from "./detectors.ts";
import { type Alphabet, belongs, type Runs } from "./runs.ts";

interface TokenForm {
  what: string;
  prefix: string;
  alphabet: Alphabet;
  /** Characters behind the prefix. */
  least: number;
  most: number;
  /** What else has to hold of the whole. */
  is?: (token: string) => boolean;
}

const form = (what: string, prefixes: string, alphabet: Alphabet, least: number, most = least, is?: TokenForm["is"]): TokenForm[] =>
  prefixes.split(" ").map((prefix) => ({ what, prefix, alphabet, least, most, ...(is === undefined ? {} : { is }) }));

/** Digits and letters of both cases, or of one with digits: no word, and no name made of words. */
const isMixed = (token: string): boolean => /[0-9]/.test(token) && /[A-Za-z]/.test(token);
/** As keys are, which are longer than names of programs are. */
const isMixedCase = (token: string): boolean => /[0-9]/.test(token) && /[a-z]/.test(token) && /[A-Z]/.test(token);
const MOST = 4_096;

/** Sources: the issuers' own pages on their formats, and the rules of secret scanners (gitleaks, GitHub's list of partners). */
const FORMS: readonly TokenForm[] = [
  ...form("countersign_agent_key", "csk_", "alphanumeric", 36, 36, isApiKey),
  ...form("countersign_connector_key", "csc_", "base64url", 24, 128, isMixed),
  ...form("aws_access_key_id", "AKIA ASIA ABIA ACCA", "upper", 16),
  ...form("github_token", "ghp_ gho_ ghu_ ghs_ ghr_", "alphanumeric", 36, 255),
  ...form("github_token", "github_pat_", "word", 40, 255),
  ...form("gitlab_token", "glpat- gldt- glrt- glcbt- glptt- glft- glsoat- glagent- GR1348941", "base64url", 20, 80, isMixed),
  ...form("slack_token", "xoxb- xoxp- xoxa- xoxr- xoxs- xoxe- xoxe.xoxp- xapp-", "base64url", 20, 300, isMixed),
  ...form("stripe_key", "sk_live_ sk_test_ rk_live_ rk_test_ whsec_", "alphanumeric", 16, 256, isMixed),
  ...form("google_api_key", "AIza", "base64url", 35),
  ...form("google_oauth_token", "ya29.", "base64url", 30, MOST, isMixed),
  ...form("google_client_secret", "GOCSPX-", "base64url", 28, 28),
  ...form("anthropic_key", "sk-ant-", "base64url", 32, 256, isMixed),
  ...form("openai_key", "sk-proj- sk-svcacct- sk-admin-", "base64url", 32, 256, isMixed),
  ...form("openai_key", "sk-", "alphanumeric", 32, 128, isMixedCase),
  ...form("openrouter_key", "sk-or-v1-", "hex", 64),
  ...form("npm_token", "npm_", "alphanumeric", 36),
  ...form("pypi_token", "pypi-AgE", "base64url", 50, MOST),
  ...form("rubygems_token", "rubygems_", "hex", 48),
  ...form("twilio_key", "SK AC", "hex", 32),
  ...form("sendgrid_key", "SG.", "dotted", 66, 66, (token) => token.split(".").length === 3),
  ...form("mailgun_key", "key-", "hex", 32),
  ...form("mailchimp_key", "md-", "base64url", 22, 22, isMixedCase),
  ...form("shopify_token", "shpat_ shpss_ shpca_ shppa_", "hex", 32),
  ...form("square_token", "sq0atp- sq0csp- EAAA", "base64url", 22, 100, isMixedCase),
  ...form("digitalocean_token", "dop_v1_ doo_v1_ dor_v1_", "hex", 64),
  ...form("huggingface_token", "hf_", "alphanumeric", 34, 40),
  ...form("hashicorp_vault_token", "hvs. hvb. hvr.", "base64url", 24, 300, isMixed),
  ...form("databricks_token", "dapi", "hex", 32, 32),
  ...form("linear_key", "lin_api_ lin_oauth_", "alphanumeric", 40, 64),
  ...form("notion_token", "ntn_", "alphanumeric", 40, 64),
  ...form("notion_token", "secret_", "alphanumeric", 43, 43),
  ...form("atlassian_token", "ATATT3 ATCTT3", "base64url", 60, 300),
  ...form("figma_token", "figd_", "base64url", 36, 64, isMixed),
  ...form("doppler_token", "dp.pt. dp.st. dp.sa. dp.ct.", "dotted", 40, 64, isMixed),
  ...form("dropbox_token", "sl.", "base64url", 60, 300, isMixedCase),
  ...form("newrelic_key", "NRAK-", "upper", 27),
  ...form("grafana_token", "glsa_", "word", 40, 64, isMixed),
  ...form("grafana_token", "glc_", "base64", 32, 400, isMixed),
  ...form("sentry_token", "sntrys_ sntryu_", "word", 40, 400, isMixed),
  ...form("supabase_key", "sbp_ sb_secret_", "base64url", 24, 64, isMixed),
  ...form("cloudflare_token", "v1.0-", "base64url", 100, 300, isMixed),
  ...form("age_secret_key", "AGE-SECRET-KEY-1", "upper", 58),
  ...form("xai_key", "xai-", "alphanumeric", 70, 100, isMixed),
  ...form("groq_key", "gsk_", "alphanumeric", 48, 64, isMixed),
  ...form("perplexity_key", "pplx-", "alphanumeric", 40, 64, isMixed),
  ...form("replicate_token", "r8_", "alphanumeric", 37, 40, isMixed),
  ...form("pulumi_token", "pul-", "hex", 40),
  ...form("terraform_token", "atlasv1.", "base64url", 60, 80, isMixed),
];

const BY_FIRST = Map.groupBy(FORMS, ({ prefix }) => prefix.charCodeAt(0));

/** Issuers whose keys have no prefix, but whose settings name them. */
const AZURE_STORAGE = "AccountKey=";
const AZURE_KEY = 86;

/** Every known token, in order. */
export function knownTokens(runs: Runs): Detected[] {
  const { text } = runs;
  const found: Detected[] = [];
  for (let at = 0; at < text.length; at++) {
    runs.work.steps++;
    const forms = BY_FIRST.get(text.charCodeAt(at));
    if (forms === undefined || runs.isWithin(at)) continue;
    const end = endOfToken(runs, at, forms);
    if (end === null) continue;
    found.push({ start: at, end: end.end, by: "token", what: end.what });
    at = end.end - 1;
  }
  return [...found, ...azureKeys(runs)];
}

function endOfToken(runs: Runs, at: number, forms: readonly TokenForm[]): { end: number; what: string } | null {
  for (const { what, prefix, alphabet, least, most, is } of forms) {
    if (!runs.text.startsWith(prefix, at)) continue;
    const start = at + prefix.length;
    const end = runs.endOf(alphabet, start);
    if (end - start < least || end - start > most || belongs(runs.text.charCodeAt(end), "alphanumeric")) continue;
    if (is === undefined || is(runs.text.slice(at, end))) return { end, what };
  }
  return null;
}

function azureKeys(runs: Runs): Detected[] {
  const found: Detected[] = [];
  for (let at = runs.text.indexOf(AZURE_STORAGE); at >= 0; at = runs.text.indexOf(AZURE_STORAGE, at + 1)) {
    const start = at + AZURE_STORAGE.length;
    const end = runs.endOf("base64", start);
    if (end - start === AZURE_KEY && runs.text.startsWith("==", end))
      found.push({ start, end: end + 2, by: "token", what: "azure_storage_key" });
  }
  return found;
}
