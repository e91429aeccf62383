/**
 * Names that people are told apart by: of people, of agents. Two that look alike must not stand side by side, since whoever reads one
 * for the other trusts somebody else. What a name must be for its form is api/people-schemas.ts.
 */

/**
 * Letters and digits that look like one of ASCII, once they are folded as below: from confusables.txt of Unicode 15 (UTS 39), with 1 and
 * I as l, and 0 as o.
 */
const LOOK_ALIKES: Readonly<Record<string, string>> = {
  2: "ƨϩᒿꙅꛯꝛ",
  3: "ȝɜʒзӡⳍꝫ𑣊𖼻",
  4: "ꮞ𑣏",
  5: "ƽ𑣛",
  6: "бⳓꮾ𑣕",
  7: "𐓺𑣆",
  8: "ȣ৪੪𐌚",
  9: "৭੧୨൭ⳋꝯ𑣌𑣖",
  a: "ɑαаᗅꓮꭺ𐊠𖽀",
  b: "ƅʙβвьᏼᑲᖯᗷꓐꞵꮟ𐊂𐊡𐌁",
  c: "ςσϲсᴄⲥꓚꮯ𐊢𐌂𐐽𐔜𑣩𑣲",
  d: "ԁᑯᗞᗪꓒꓓꭰꮷ",
  e: "εеєҽⴹꓰꬲꭼ𐊆𑣎",
  f: "ϝքᖴẝꓝꞙꬵ𐊇𐊥𐔥𑣂",
  g: "ƍɡԍցᏻᶃꓖꮐ",
  h: "ηнһհᕼⲏꓧꮋꮒ𐋏",
  j: "ʝϳјᒍꓙꭻ",
  k: "κкᛕⲕꓗꮶ𐔘",
  l: "ıǀɩɪιіӏ۱ᒪᛁⲓⳑⵏꓡꓲꙇꭵꮮ𐊊𐌉𐌠𐑃𐔦𑣃𑣒𖼖𖼨",
  m: "μϻмᗰᛖⲙꓟꮇ𐊰𐌑",
  n: "νпոռⲛꓠ𐔓",
  o: "οоօ۵०০੦૦ଠ୦௦౦೦ഠ൦๐໐ဝ၀ჿዐᴏᴑⲟⵔ〇ꓳꬽ𐊒𐊫𐐬𐓪𐔖𑓐𑣈𑣗𑣠",
  p: "ρрᑭⲣꓑꮲ𐊕",
  q: "ԛգզⵕ",
  r: "ʀгᖇᴦⲅꓣꭇꭈꭱꮁꮢ𐓜𖼵",
  s: "ѕտꓢꜱꮥꮪ𐊖𐑈𑣁𖼺",
  t: "τтⲧꓔꭲ𐊗𐊱𐌕𑣜𖼊",
  u: "ʋυսሀᑌᴜꓴꞟꭎꭒ𐓶𑣘𖽂",
  v: "ѵ۷ᐯᴠⴸꓦꛟꮩ𐔝𑜆𑣀𖼈",
  w: "ɯωѡԝաᴡꓪꮃꮤ𑜊𑜎𑜏𑣦𑣯",
  x: "χхᕁᕽᚷⲭⵝꓫꭓ𐊐𐊴𐌗𐌢𐔧𑣬",
  y: "ɣʏγуүყᶌỿⲩꓬꭚꭹꮍ𐊲𑣄𖽃",
  z: "ζᴢꓜꮓ𐋵𑣉𑣥",
};

const ASCII_LOOK = new Map(
  Object.entries(LOOK_ALIKES).flatMap(([ascii, others]) => Array.from(others, (other) => [other, ascii] as const)),
);

/**
 * How a name looks, for comparing: letters and digits alone, in one case, without accents, what looks alike being the same (in the manner
 * of the skeleton of UTS 39, section 4). Empty if it has neither letter nor digit.
 */
export const lookOf = (name: string): string =>
  Array.from(name.normalize("NFKC").toLowerCase().normalize("NFKD"))
    .filter((character) => /[\p{L}\p{N}]/u.test(character))
    .map((character) => ASCII_LOOK.get(character) ?? character)
    .join("")
    .replaceAll(/[1i]/g, "l")
    .replaceAll("0", "o")
    .replaceAll("rn", "m")
    .replaceAll("vv", "w");

/** What a person goes by; pages show `displayName (username)`. */
export interface PersonName {
  username: string;
  displayName: string;
}

/** What people go by: those who are here, and those whose passkey waits. */
export interface NamesInUse {
  confirmed: PersonName[];
  waiting: PersonName[];
}

/** Which of the names somebody could be taken for one of `others` by; null if by neither. */
export function mistakable({ username, displayName }: PersonName, others: readonly PersonName[]): keyof PersonName | null {
  const looks = new Set(
    others.flatMap((other) => {
      const [name, shown] = [lookOf(other.username), lookOf(other.displayName)];
      return [name, shown, shown + name, name + shown];
    }),
  );
  looks.delete("");
  if (looks.has(lookOf(username))) return "username";
  return looks.has(lookOf(displayName)) ? "displayName" : null;
}
