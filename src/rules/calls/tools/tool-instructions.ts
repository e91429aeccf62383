/**
 * Phrases that tell a model what to do, rather than people what a tool does. Read in lower case, with one space between words and
 * without marks of emphasis. Gaps are bounded, so that each takes time that grows with the text alone.
 */

interface Phrase {
  what: "instruction" | "secrecy" | "asks_for_secrets";
  pattern: RegExp;
}

const PREVIOUS = "(?:previous|prior|earlier|above|preceding|all other|any other|existing|original|system|safety|your)";
const RULES =
  "(?:instructions?|prompts?|rules?|guidelines?|polic(?:y|ies)|messages?|context|directives?|constraints?|restrictions?|guardrails?)";
const SECRET =
  "(?:api ?keys?|access ?tokens?|auth(?:entication)? tokens?|bearer tokens?|session tokens?|private keys?|ssh keys?|passwords?|credentials?|secrets?|environment variables?|\\.env\\b|cookies?)";
const CONVERSATION =
  "(?:conversation|chat|system prompt|context window|user's (?:message|prompt|request)s?|previous messages|message history|chat history)";

const instruction = (pattern: string): Phrase => ({ what: "instruction", pattern: new RegExp(pattern) });
const secrecy = (pattern: string): Phrase => ({ what: "secrecy", pattern: new RegExp(pattern) });
const secrets = (pattern: string): Phrase => ({ what: "asks_for_secrets", pattern: new RegExp(pattern) });

export const INSTRUCTIONS: readonly Phrase[] = [
  instruction(
    `\\b(?:ignore|disregard|forget|override|bypass|do not follow|don't follow|stop following)\\b.{0,40}\\b${PREVIOUS}\\b.{0,20}\\b${RULES}\\b`,
  ),
  instruction(`\\b(?:ignore|disregard|forget) (?:all|everything|anything|what)\\b.{0,30}\\b(?:before|above|said|told|previous)`),
  instruction(
    "<\\s?/?\\s?(?:important|system|instructions?|secret|hidden|critical|admin|assistant|user|prompt|override|sys)\\b[^>]{0,40}>",
  ),
  instruction(
    "\\[/?(?:inst|system|important|assistant)\\]|<\\|(?:im start|im end|system|endoftext|assistant|user)\\|?>?|^(?:system|assistant|human) ?:|\\n(?:system|assistant) ?:",
  ),
  instruction("\\bsystem (?:prompt|message|instruction|override)s?\\b"),
  instruction(
    "\\byou (?:must|should|have to|need to|are required to|shall) (?:always |first |now |also |immediately |never |not )?(?:call|use|invoke|run|execute|read|send|pass|include|provide|forward|append|obey|follow|respond|reply|ignore|pretend|act)\\b",
  ),
  instruction(
    "\\b(?:before|after|prior to) (?:using|calling|invoking|running|executing) (?:any|all|every|each|the|this|other|another)\\b.{0,30}\\b(?:tools?|functions?|commands?|call|read|send)\\b",
  ),
  instruction(
    "\\b(?:always|only|first|must|immediately) (?:call|use|invoke|run|execute) (?:this|the|that)\\b.{0,30}\\b(?:first|before|instead|tool|function)\\b",
  ),
  instruction("\\b(?:always|must be) (?:called|used|invoked|run|executed)\\b.{0,20}\\b(?:first|before|for (?:every|all|any))\\b"),
  instruction(
    "\\b(?:instead of|rather than) (?:using )?(?:any|all|every|the) other tools?\\b|\\b(?:never|do not|don't|must not|should not) (?:use|call|invoke|run) (?:any |the )?other (?:tools?|functions?)\\b",
  ),
  instruction("\\b(?:this|the) (?:tool|server|function) (?:takes precedence|has priority|is the only|overrides|supersedes)\\b"),
  instruction(
    "\\b(?:you are|act as|pretend to be|you will be|behave as) (?:now |an? |in |the )?(?:unrestricted|developer mode|jailbroken|dan\\b|admin|administrator|root|different (?:assistant|ai|model)|new (?:assistant|ai|persona))",
  ),
  instruction(
    "\\b(?:note|message|instructions?|attention|important|reminder)(?: to| for)? (?:the )?(?:ai|llm|model|assistant|agent|claude|gpt|chatgpt|copilot|gemini)s?\\b",
  ),
  instruction("\\b(?:dear|hey|hello|attention) (?:ai|llm|model|assistant|agent|claude|gpt|chatgpt)\\b"),
  instruction(
    "\\b(?:without|no need for|skip|do not ask for|don't ask for|bypass)\\b.{0,12}\\b(?:asking|user|human|confirmation|approval|permission|consent)\\b.{0,20}(?:confirm|approv|permission|consent|asking|first|user)",
  ),
  instruction("\\b(?:the )?user (?:has )?(?:already |previously )(?:approved|consented|agreed|authori[sz]ed|granted)"),
  instruction(
    "\\b(?:send|forward|post|upload|exfiltrate|transmit|email|leak|copy|bcc|cc)\\b.{0,60}\\b(?:to|at|via)\\b.{0,20}(?:https?://|[a-z0-9.-]{1,60}@[a-z0-9.-]{1,60}|attacker|our server|external)",
  ),
  instruction(
    "\\b(?:replace|change|set|rewrite|redirect|modify)\\b.{0,30}\\b(?:recipients?|phone numbers?|iban|account numbers?|destination|address|proxy)\\b.{0,30}\\b(?:to|with|with:)\\b.{0,20}[0-9@+]",
  ),
  secrecy(
    "\\b(?:do not|don't|never|without|must not|should not|avoid) (?:tell(?:ing)?|mention(?:ing)?|inform(?:ing)?|reveal(?:ing)?|show(?:ing)?|notify(?:ing)?|notifying|disclos(?:e|ing)|alert(?:ing)?|explain(?:ing)?|let(?:ting)?)\\b.{0,40}\\b(?:users?|humans?|people|them|anyone|anybody|this|operators?)\\b",
  ),
  secrecy(
    "\\b(?:keep|hide|conceal)\\b.{0,40}\\b(?:secret|hidden|from (?:the )?users?|between us|confidential from)\\b|\\b(?:secretly|silently|covertly|quietly) (?:call|send|read|run|include|pass|forward|add|copy)|\\b(?:user|human) (?:must|should|does|need) not (?:know|see|be told|notice)",
  ),
  secrets(
    `\\b(?:read|open|cat|load|access|retrieve|fetch|get|include|attach|upload|send|contents? of)\\b.{0,40}(?:~/\\.|/etc/(?:passwd|shadow|hosts)|\\.ssh\\b|id (?:rsa|ed25519)\\b|\\.aws\\b|\\.env\\b|\\.cursor\\b|\\.npmrc\\b|\\.netrc\\b|\\.kube\\b|mcp\\.json|credentials\\.json|keychain|\\.git-credentials|\\.gnupg\\b)`,
  ),
  secrets("~/\\.(?:ssh|aws|cursor|config|kube|gnupg|netrc|npmrc|docker)\\b|/etc/shadow\\b|\\bid (?:rsa|ed25519)\\b"),
  secrets(
    `\\b(?:pass|include|provide|send|put|insert|append|add|supply|paste|attach|give|place|encode)\\b.{0,40}\\b(?:your|the user's|user's|their|all|any|current|its|all of the)\\b.{0,20}\\b${SECRET}`,
  ),
  secrets(
    `\\b(?:pass|include|provide|send|put|insert|append|add|supply|paste|attach|copy|encode)\\b.{0,40}\\b(?:whole|entire|full|complete|all of the|all previous|verbatim|the|your)\\b.{0,20}\\b${CONVERSATION}`,
  ),
  secrets(
    `\\b(?:print|dump|list|reveal|output|repeat|echo)\\b.{0,20}\\b(?:your|the|all)\\b.{0,12}\\b(?:system prompt|instructions|${SECRET})`,
  ),
];
