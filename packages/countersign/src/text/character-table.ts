/** Written by scripts/make-character-table.mjs from Unicode 17.0. What the classes are for is display-text.ts. */

export type CharacterClass =
  | "escape"
  | "rare"
  | "posing"
  | "framed"
  | "mark"
  | "common"
  | "sign"
  | "native"
  | "wide"
  | "odd"
  | "digit"
  | "unusual"
  | "other"
  | "Latin"
  | "Greek"
  | "Cyrillic"
  | "Han"
  | "Hiragana"
  | "Katakana"
  | "Hangul"
  | "Bopomofo"
  | "Arabic"
  | "Armenian"
  | "Bengali"
  | "Devanagari"
  | "Ethiopic"
  | "Georgian"
  | "Gujarati"
  | "Gurmukhi"
  | "Hebrew"
  | "Kannada"
  | "Khmer"
  | "Lao"
  | "Malayalam"
  | "Myanmar"
  | "Oriya"
  | "Sinhala"
  | "Tamil"
  | "Telugu"
  | "Thaana"
  | "Thai"
  | "Tibetan"
  | "Cherokee";

/** The letter of each class in the runs. */
export const CLASS_OF_LETTER: Readonly<Record<string, CharacterClass>> = {
  A: "escape",
  B: "rare",
  C: "posing",
  D: "framed",
  E: "mark",
  F: "common",
  G: "sign",
  H: "native",
  I: "wide",
  J: "odd",
  K: "digit",
  L: "unusual",
  M: "other",
  N: "Latin",
  O: "Greek",
  P: "Cyrillic",
  Q: "Han",
  R: "Hiragana",
  S: "Katakana",
  T: "Hangul",
  U: "Bopomofo",
  V: "Arabic",
  W: "Armenian",
  X: "Bengali",
  Y: "Devanagari",
  Z: "Ethiopic",
  "!": "Georgian",
  "#": "Gujarati",
  "%": "Gurmukhi",
  "&": "Hebrew",
  "*": "Kannada",
  "+": "Khmer",
  "-": "Lao",
  "/": "Malayalam",
  ":": "Myanmar",
  ";": "Oriya",
  "<": "Sinhala",
  "=": "Tamil",
  ">": "Telugu",
  "?": "Thaana",
  "@": "Thai",
  "^": "Tibetan",
  _: "Cherokee",
};

/**
 * From U+0000 on: a class's letter, or ' for that of the run before the last, then how many characters in a row have it, in base 36,
 * unless it is one.
 */
export const CLASS_RUNS = [
  "AwFxNq'6'q'4AyJF4GJ2FNJFA'G'4''JDGFNJF3'Nn''vF'1mL2'4''6'2'8''1h'2''4''2'2'3'5''''4'3''2'2'd'2''3'2''l'n'2'b'3'2'2'10'2'2'6'e'g'",
  "'7'2'5'2''2'''''7''4'2'8''m''''6''12G3H'a'''3'''9''C'6L5'5H2'kE1gA5'm''wO4H2'2A2'4G'A4HJOC'3A'''k''1rB6M'3'2'2O6F'9P3mFE5A2P4m'W",
  "12'2'H6'15'2A2F3'E19H'''2''2''A8&r'4'4H2AhF3H2''2'2EbHA'3Vw''aElKaH4V2E'2rH'E7AFE6V2'2F'4V2Ka'3F2'BeA2'1n'2'3V1c?12Eb'AeB1n'2'1d",
  "'2'f''s'2'''b'5VoH'6BA7'E8V16'oA'xY1i'3''i''7'a'2H2Ka'YfXE3AX8'2'2'2'm''7'''3'4'2EX'7A2'2'2'3XA8E'4X2''3E2A2KaX2F2'6'2'HEA2'3'%6",
  "'4'2'2'm''7''2''2''2'2E''5'4'2'2'3'3''7%4'''7KaE2%3'HAaE3'#9''3''m''7''2''5'2E#'8A'3''3'2#'f'2E2A2KaHFA7#E6A'3';8'2'2'2'm''7''2'",
  "'5'2E;'7A2'2'2'3'7'3'4;2''3E2A2KaF;7AaE=A'6'3'3''4'3'2''''2'3'2'3'3'3'c'4E5'3'3''4'2='6E'eKa=3F8A5E5>8A'3''n''g'2E>'7A'3''4'7'2'",
  ">3'B>A2'2E2A2Ka'7H>7F*E3H*8A'3''n''a''5'2E*'7A'3''4'7'2'5B*2A'2E2A2Ka'*2EAc'4/9A'3''15E2''7A'3''4/FA4/3E'a'2A2Ka/9F'6AE3'<i'3'o'",
  "'9'''2'7'3E'4'6''''8'6Ka'2E2HAc@1cE'2'7A4F@7E8HKa'2A11-2''''5''o''''aE'2'9'A2'5'''E7'Ka'2-4'w^F3Hf'''3E2'6Ka^aFE''''H4'2^8A'10'4",
  "EkH'2^5'bA'10'F8E'6A'2H5'4'2A11:17Ek'KaH6:6E4'4'3''3'2'7'3'4'd'c''Ka'4F2!12A''5''2'17H'4T2nA2'1pC'2pZ21A'4'2'7''''4'2'15''4'2'x'",
  "'4'2'7''''4'2'f''1l''4'2'1v'2E3H9ZkA3'gFaA6_2e'2'6'2B13C'7M'3''4''h''''w''''2''q''s''k''3l''1m'2'9''13''4''g''o''b''5''6''3sA's'",
  "3'iM'4''9''a''8'2'kCG2BbA7'm'9'mGJA9Bk'c'd''3''2'c+1g'2EuH3+'3F+EA2Ka'6+a'6B2JGBJ'5A5'a'6'2h'7'17'5'1y'a'v''c'4'c'4''3'16'2'5'b'",
  "18'4'q'6'b'3'2Fw'sA2'1t''t'2'b'6'a'6'e'2Ee''gBfA2'c'k'25''4m'8'1o'3'f'3'1fP9'2A5!17'2'3B8A8E3H'lF4''6''2'3'A5L12O5PL1dO5'4'5'dP'",
  "1yOE1sN4aL''2'''2i'6OmA2'6'2'12'2'6'2'8''''''''v'2'1h''7H''3'3A'7H3'4A2'6'H3Od'3A2O3''7H2AhG3J2''5''3''2D'G2'CA8J2G2''2'5'''4''7",
  "'4'HJ2G3'5H'2''AhL2'2'6G5'b'5ALd'3F8L'oBAeE2'2'4'3'2'4''5'3'2'5'fL3F2'2'3'5''4'''3'5'3''2''O'L''N'2G'6F4''''9'5'4''h'15'3A4'2D'j",
  "C'2''8''2''18''2''2''l''jG'2'3'C'9G'4''''b''5''2v''s''''C'1lG'8'4't'2'20'2'5''1g''a'4'gC'G'j''5C'iG'15B3AmFb'lL3vFlG6'2'2'1u'2'z",
  "'''2'''1fC'bxG'f'e'uCG2F2Cn''e'6G2'4''''b''c'a'6C'5''3AB73F17G2'9C'22''Gm'1r'4'p''2'2'2'2'1d''1w'3'4mC'b''1k''hA2'vCBF2x'2oLw'2M",
  "'2''8''3'3'3'''''''2'2'5''2'2''d'2'''6'''2'2'3''3''2'8''nA5'7!12A''5''2B8M2'l''''2'2'7''aA7'2'e'ZnA9'7''7''7''7''7''7''7''7'EwJn",
  "H'2G'7'8'7C''GJ5'2'4'H''JcF2'3G9AyFq''2h'cG4F5uAq'cB4AI2HFQ''IaF2Hc'Q9E6H6F2Q4'H'2AR2e'2E2H2R3'S2iD'4A5U17'T1f''14D'AFgUw'gG'2'2",
  "'fB2A9'SgFvA'1cLg'29'f'c'4'oG'3sLa'5'2''9'2'7''5''b'2'5'2'2''3''5''3'2'4''n'x'Q534F1s'g74BwdA3'1j'9M5B'2''2''2''5'2'2'2'3''''''3",
  "'3'2'3''8eAkP1bEA3HEa'PvE2B1rM'b''3''8A8H8GqL2u'3'2N'C'qN'wB5'2''''5'3AkMLeB19A3Fa'6B1k'8'1y'8'c'6EiY6H3'''2EB1aH'11Ab'TtA3B26'J",
  "BaA4'2:5E'aKa'5AB1j'9'e'2'a'2'4:nF3'E3'2B1vAo's'aZ6'2'6'2'6'9'7''7'L17J'9O'4J2A4_28B1aA2'a'6T8mc'c'n'4'1d'6isQa6'2'2y'12L7'cW5'5",
  "&E'aG'dA'5''''2''2''aV2qHhBgVa3H2FgV1sB2'1i'7FAwVcF4AgGJ2'7A6EgGlH2'2J4'4''A'j''4'4V5''3r'4IH6'2'2''3LaI2H3''Lq'6'q'3IG2H4CS1kH2",
  "ATu'3'6'2'6'2'6'2'3'3F3G'3AGF2C'3Ae''2B75C'33vA'f''6zm'g'qxs'4'43z'8'hxL2d''1z''2'2''2'2'2'4''c''''7''1t''4'2'8''7''s''4''5'''3'",
  "7''9eF2B2'84'2L1e'4qsF'5m''4g'2'c'2'e''2'a'23'q''2'n''k''2'9'l'2'4u'y'2'34'2'2''3'2'2b'2'3''4J5'72B'1r'b'6''o'7'2'2'8'c''2'4'2''",
  "4'2'd'2'2''8'2'9''5'3'c'3'8'3'2''''4''6''3''6'2e'1c'1y'5'8'2'3'4'a'3'''2'3''2'a'6b'c'4''7v'1b''a''55'34'd'3'9'7'1a''7'8'e'4'9'7'",
  "9'gvt3A47pc",
].join("");

/** From U+0000 on: how many characters in a row are not drawn like one in ASCII, then how many are, in base 36, and so on. */
export const TWIN_RUNS = [
  "8h 1 2o 1 3 1 w 1 4r 1 5 1 x 1 19 6 7 1 1 1 1 2 4 1 t 1 3p 1 5 1 4 1 h 2 2 3 1 2 1 2 1 1 1 1 2 2 1 1 9 1 1 1 5 2 2 1 1 1 1 1 1 1",
  " 1 1 c 1 9 1 b 1 3 2 3 3 4 3 a 2 1 1 7 1 1 1 2 1 1 1 2 1 1 3 1 4 1 1 6 1 3 2 1 1 1 1 4 1 3 1 1 2 1 1 1 1 2 1 c 2 1 1 8 1 i 2 1k ",
  "2 b 1 1 1 2 1 e 1 g 1 w 1 a 1 e 3 1b 1 1 1 5 1 b 1 1 1 2 1 9 1 7 1 3 2 3 2 1 2 27 1 2 2 5 1 1 1 g 1 1g 1 v 1 o 2 3 1 1 1 2e 1 2 ",
  "1 j 1 q 2 3 1 1 1 ha 1 2 1 j 1 2w 1 3 1 2 1 3c 2 2 1 3f 1 2 1 1i 1 1x 1 1 1 3h 1 3j 1 3j 1 1k 2 1x 1 6 1 6a 1 3j 1 8j 1 o 1 y 1 ",
  "p 1 3w 1 n 1 74 1 5r 1 5r 3 2 1 3 4 1 1 4 1 3 1 3 1 1 1 2 1 1 2 a 2 2 1 1 2 3 2 3 2 2 1 3 2 6 1 4 2 1m 1 3 1 4 1 h 1 1 1 w 1 1 1",
  " 2 1 q 1 s 1 k 1 3l 1 1m 2 9 1 13 1 4 1 g 1 o 1 b 1 5 1 6 1 56 1 4 1 9 1 a 1 8 2 7d 1 11h 1 1j 1 8 2 gl 1 2ir 1 2 1 8 1 3 3 3 1 ",
  "1 1 1 1 1 2 2 5 1 2 2 1 d 2 1 1 6 1 1 2 2 3 1 3 1 2 8 1 2j 2 l 1 1 1 2 2 7 1 ix 1 17 1 4a 1 19 1 2s 1 5ni 1 1h 1 8 1 h3k 5 1 2 1",
  " 2 1 2 1 5 2 2 2 3 1 1 1 1 1 3 3 2 3 1 92 1 2 1 47 1 b 1 3 1 75 1 oz 1 b 1 1 1 f 1 l 2 4 1 fsm 8 kf 2 2i 4 3n 1 o 1 mh6e",
].join("");
