import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { displaySegments, type Segment } from "#countersign/text/display-text.ts";

const kinds = (text: string): string[] => displaySegments(text).map((segment) => segment.kind);
const shown = (segment: Segment): string => (segment.kind === "escape" ? `[${segment.label} ${segment.name}]` : segment.source);
const show = (text: string): string => displaySegments(text).map(shown).join("");

/** Any UTF-16 text, weighted towards what hides, reorders, piles up or looks like something else. */
const hostileText = fc
  .array(
    fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: fc.nat({ max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
      fc.constantFrom("\u202e", "\u200b", "\u{e0041}", "\ufe0f", "\u00a0", "\u0301", "\u0301\u0302\u0303", "\u05b0", "\n", "\t", "\r", " "),
      fc.constantFrom("pay", "а", "ο", "שלום", "مرحبا", "123", "漢字", "ｐ", "-", ".", "!", "<b>", "&amp;"),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(""));

const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Me}\u2800\ufffc]|(?! )\p{Zs}/u;

describe("properties of any text", () => {
  test("the sources of the segments are the text", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const segments = displaySegments(text);
        expect(segments.map((segment) => segment.source).join("")).toBe(text);
        expect(segments.every((segment) => segment.source !== "")).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test("nothing that cannot be seen is left as it is", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        for (const segment of displaySegments(text)) {
          if (segment.kind === "plain" || segment.kind === "rtl" || segment.kind === "suspect") expect(segment.source).not.toMatch(UNSEEN);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("letters from right to left stand alone, never beside others in one plain segment", () => {
    const strong = /\p{Script=Hebrew}|\p{Script=Arabic}/u;
    fc.assert(
      fc.property(hostileText, (text) => {
        for (const segment of displaySegments(text)) {
          if (segment.kind === "rtl") expect(segment.source).not.toMatch(/[0-9A-Za-z!.<>-]/);
          if (segment.kind === "plain") expect(segment.source.replaceAll(/\p{M}/gu, "")).not.toMatch(strong);
        }
      }),
    );
  });

  test("ordinary text is one plain segment", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\x20-\x7e]+$/), (text) => {
        expect(displaySegments(text)).toEqual([{ kind: "plain", source: text }]);
      }),
    );
  });
});

test("every character of Unicode is visible by itself, or is an escape", () => {
  const unseen: string[] = [];
  for (let codePoint = 0; codePoint <= 0x10ffff; codePoint++) {
    const character = String.fromCodePoint(codePoint);
    const [segment] = displaySegments(character);
    if (segment?.kind !== "escape" && segment?.kind !== "newline" && segment?.kind !== "tab" && UNSEEN.test(character)) {
      unseen.push(codePoint.toString(16));
    }
  }
  expect(unseen).toEqual([]);
});

describe("escapes carry code point and name", () => {
  test.each([
    ["\u202e", "[U+202E RIGHT-TO-LEFT OVERRIDE]"],
    ["\u2066", "[U+2066 LEFT-TO-RIGHT ISOLATE]"],
    ["\u200b", "[U+200B ZERO WIDTH SPACE]"],
    ["\u200d", "[U+200D ZERO WIDTH JOINER]"],
    ["\ufeff", "[U+FEFF ZERO WIDTH NO-BREAK SPACE]"],
    ["\u00ad", "[U+00AD SOFT HYPHEN]"],
    ["\u00a0", "[U+00A0 NO-BREAK SPACE]"],
    ["\u202f", "[U+202F NARROW NO-BREAK SPACE]"],
    ["\u2028", "[U+2028 LINE SEPARATOR]"],
    ["\u3164", "[U+3164 HANGUL FILLER]"],
    ["\ufe0f", "[U+FE0F VARIATION SELECTOR-16]"],
    ["\u{e0100}", "[U+E0100 VARIATION SELECTOR-17]"],
    ["\u{e0041}", "[U+E0041 TAG CHARACTER A]"],
    ["\u{e007f}", "[U+E007F CANCEL TAG]"],
    ["\0", "[U+0000 NULL]"],
    ["\r", "[U+000D CARRIAGE RETURN]"],
    ["\u001b", "[U+001B ESCAPE]"],
    ["\u0085", "[U+0085 NEXT LINE]"],
    ["\ue000", "[U+E000 PRIVATE USE CHARACTER]"],
    ["\ud800", "[U+D800 LONE SURROGATE]"],
    ["\u0378", "[U+0378 FORMAT OR UNKNOWN CHARACTER]"],
    ["\u0301", "[U+0301 COMBINING MARK]"],
    ["\u2800", "[U+2800 BRAILLE PATTERN BLANK]"],
  ])("%j", (character, expected) => {
    expect(show(character)).toBe(expected);
    expect(show(`a${character}b`)).toBe(character === "\u0301" ? `a${character}b` : `a${expected}b`);
  });

  test("line breaks and tabs have segments of their own", () => {
    expect(kinds("a\n\tb")).toEqual(["plain", "newline", "tab", "plain"]);
    expect(show("a\r\nb")).toBe("a[U+000D CARRIAGE RETURN]\nb");
  });
});

describe("marks", () => {
  test("stay on their letter while a language could use them", () => {
    expect(kinds("Việt Nam e\u0301 שָׁלוֹם")).toEqual(["plain", "rtl"]);
  });

  test("that pile up, repeat, strike through, or stand on nothing are escapes", () => {
    expect(show("a\u0300\u0301\u0302\u0303\u0304")).toBe("a\u0300\u0301\u0302\u0303[U+0304 COMBINING MARK]");
    expect(show("a\u0301\u0301")).toBe("a\u0301[U+0301 COMBINING MARK]");
    expect(show("a\u0336")).toBe("a[U+0336 COMBINING MARK]");
    expect(show(" \u0301")).toBe(" [U+0301 COMBINING MARK]");
    expect(show("\n\u0301")).toBe("\n[U+0301 COMBINING MARK]");
  });
});

describe("words whose letters are not what they look like", () => {
  const suspects = (text: string): string[] =>
    displaySegments(text)
      .filter((segment) => segment.kind === "suspect")
      .map((segment) => segment.source);

  test.each([
    ["Cyrillic among Latin", "log in at pаypal.com now", ["pаypal.com"]],
    ["Greek among Latin", "prοd-db", ["prοd-db"]],
    ["one strange letter behind a hyphen", "delete prod-а", ["prod-а"]],
    ["Cherokee among Latin", "ᏢayPal", ["ᏢayPal"]],
    ["a text of look-alikes only", "аррӏе.com and раураӏ", ["аррӏе.com", "раураӏ"]],
    ["look-alikes beside a text of their own alphabet", "Привет, расе и ОТМЕНА", ["расе", "ОТМЕНА"]],
    ["mathematical letters", "𝗉aypal", ["𝗉aypal"]],
    ["letters of phonetics", "pɑypal.com and ɡooɡle.com", ["pɑypal.com", "ɡooɡle.com"]],
    ["small capitals", "ꜱᴛᴏᴘ", ["ꜱᴛᴏᴘ"]],
    ["a dotless i in an ASCII word", "admın, drop table", ["admın"]],
    ["Lisu, Cherokee, Armenian and Coptic that read as Latin", "ꓢꓔꓳꓑ ᎪᎡᏢᎬ ցօս ⲟⲣ", ["ꓢꓔꓳꓑ", "ᎪᎡᏢᎬ", "ցօս", "ⲟⲣ"]],
    ["a slash that is none", "https://bank.example∕pay.evil.com", ["bank.example∕pay.evil.com"]],
    ["points, commas and colons that are none", "1․000 1‚000 a։b", ["1․000", "1‚000", "a։b"]],
    ["a hyphen and a minus that are none", "rm ‐rf −5", ["‐rf", "−5"]],
    ["a digit of another script among ASCII digits", "৪00 EUR", ["৪00"]],
    ["digits of another script beside Latin letters", "send 1০০ EUR, ١٢ USD", ["1০০", "١٢"]],
    ["digits of another script in no text of that script", "৪", ["৪"]],
    ["a letter among digits", "pay З00 or 1ا0", ["З00", "1ا0"]],
    ["a katakana stroke for a slash", "example.comノpath", ["example.comノpath"]],
    ["two scripts that no language mixes", "ไทยລາວ", ["ไทยລາວ"]],
    ["Hebrew and Latin that nothing keeps apart", "דוחpdf או pdfדוח", ["דוחpdf", "pdfדוח"]],
    ["Hebrew and Arabic that read as Latin, in a part of their own", "paypa-ו.com סס.com 1ا0.pdf", ["paypa-ו.com", "סס.com", "1ا0.pdf"]],
    ["a part of several scripts", "דוחא1-аb.pdf דוח-b.а", ["דוחא1-аb.pdf", "דוח-b.а"]],
    ["a look-alike in a part beside Hebrew", "דוח-adm1ı.pdf דוח-ɑdmin", ["דוח-adm1ı.pdf", "דוח-ɑdmin"]],
    ["an address of Hebrew and Latin", "דנה@example.com", ["דנה@example.com"]],
    ["digits of another script between Arabic and Latin", "تقرير-٢٠٢٦.pdf", ["تقرير-٢٠٢٦.pdf"]],
    ["Hebrew and Arabic in one word", "דוח-تقرير", ["דוח-تقرير"]],
  ])("%s", (_, text, expected) => {
    expect(suspects(text)).toEqual(expected);
  });

  test.each([
    ["English typography", "“It’s done” – 3 × 4 … ‘now’ · €5, 20 °C, ½"],
    ["Chinese with wide punctuation", "请部署API：v2（生产环境），今天！"],
    ["Japanese with strokes", "ノートをコピー、二〇二六年"],
    ["Ukrainian and Serbian", "Її рік і наша мова, која је овде"],
    ["Arabic with its own digits and strokes", "الطلب رقم ١٠ ه"],
    ["Bengali with its own digits", "৪ টাকা ১০০"],
    ["Hebrew", "יוסי קנה סוס"],
    ["Spanish, Polish, Catalan, Icelandic", "¡Señor! łódź col·lecció þetta œuvre"],
    ["Japanese", "東京タワーのAPIを更新する"],
    ["Korean", "서울特別市 API를 배포"],
    ["Chinese with bopomofo", "注音ㄅㄆㄇAPI"],
    ["Russian, with short words of look-alikes", "Он сказал: а у нас и так всё хорошо, о чём вы"],
    ["Greek", "Καλημέρα κόσμε, το νέο"],
    ["German, French, Turkish, Vietnamese", "Größe façade İstanbul Đà Nẵng"],
    ["scripts side by side, each in words of its own", "deploy Россия prod"],
    ["names of files in Hebrew and Arabic", "2026-דוח.pdf דוח_2026.PDF דוּחַ-2.v1.xlsx תקציר.מנהלים.docx تقرير-2026.pdf report-תש״ף.pdf"],
    ["superscripts", "12 m² 5ª"],
  ])("nothing in %s", (_, text) => {
    expect(suspects(text)).toEqual([]);
  });
});

test("an ASCII word with any of its characters replaced by one that looks like it is marked", () => {
  const TWINS: Readonly<Record<string, string>> = Object.fromEntries(
    "aаɑ cсⲥᴄ eеҽ gɡց iіıᎥ jјϳ lӏا oоοօ০ pрⲣρ sѕꜱ uսʋ vѵν xх yуү AАΑᎪ BВΒ EЕΕᎬ SЅꓢ TТΤꓔ 0০ 8৪ .․ -‐−"
      .split(" ")
      .map((row) => [row.charAt(0), row.slice(1)]),
  );
  const word = fc.array(fc.constantFrom(...Object.keys(TWINS)), { minLength: 3, maxLength: 12 });
  fc.assert(
    fc.property(word, fc.nat(), fc.nat(), fc.constantFrom("", "Привет ", "Καλημέρα ", "শুভ ", "東京 "), (letters, at, which, before) => {
      const place = at % letters.length;
      const twins = Array.from(TWINS[letters[place] ?? ""] ?? "");
      const changed = letters.with(place, twins[which % twins.length] ?? "").join("");
      expect(displaySegments(`${before}${changed} end`)).toContainEqual({ kind: "suspect", source: changed });
    }),
  );
});

describe("what looks like a mark of ours", () => {
  /** Those that Unicode's confusables.txt (17.0) has for a middle dot, and more that fonts draw so. */
  const DOTS = "·・･᛫\u0387⸱𐄁•‧∙⋅ꞏᐧㆍᆞ˙⦁⸳⬝▪";
  const ARROWS = "→⇥⇨⇾➔➜⟶￫↵↲⏎";

  test.each(Array.from(DOTS + ARROWS))("%s is never shown as it is, wherever it stands", (character) => {
    for (const text of [character, `rm ${character} a`, `rm${character}a`, `1${character}000`, `рубль${character}`, `名${character}前`]) {
      const shownAs = displaySegments(text).filter(({ source }) => source.includes(character));
      expect(shownAs.map(({ kind }) => kind)).toSatisfy((found: string[]) => found.every((kind) => kind === "escape" || kind === "framed"));
    }
  });

  test("everyday ones stand in a frame, the others are codes", () => {
    expect(displaySegments("col·lecció")[1]).toEqual({ kind: "framed", source: "·", label: "U+00B7", name: "MIDDLE DOT" });
    expect(displaySegments("コーヒー・紅茶")[1]).toEqual({ kind: "framed", source: "・", label: "U+30FB", name: "KATAKANA MIDDLE DOT" });
    expect(show("a・b a･b a‧b a⋅b a\u0387b")).toBe(
      "a[U+30FB KATAKANA MIDDLE DOT]b a[U+FF65 HALFWIDTH KATAKANA MIDDLE DOT]b a[U+2027 HYPHENATION POINT]b " +
        "a[U+22C5 DOT OPERATOR]b a[U+0387 GREEK ANO TELEIA]b",
    );
  });
});

describe("separators, digits and signs that are none", () => {
  /** Of a sign of ASCII, those that Unicode's confusables.txt (17.0) has for it, the wide and small forms, and more that fonts draw so. */
  const LOOK_ALIKES: Readonly<Record<string, string>> = {
    ",": "‚¸ꓹ，﹐､ˌˏ⸴⹁︐،؍٫",
    ".": "․꘎ꓸ．﹒｡。",
    "'": "՝＇‛׳′‵՚｀´΄´᾽᾿῾ʹʹˈˊˋ˴ʻʽʼʾꞌ‘’",
    '"': "＂‟״″‶〃˝ʺ˶ˮײ“”",
    ":": "：։׃︰⁚˸꞉∶ːꓽ﹕",
    "/": "⁁∕⁄╱⟋⧸㇓〳⼃／丿ノ",
    "\\": "＼﹨∖⟍⧵⧹㇔⼂丶",
    "-": "‐‑‒–﹘۔⁃˗−➖－﹣⁻₋─一",
    _: "﹍﹎﹏＿‿⁀",
    ";": "\u037e；﹔؛",
    "(": "（❨❲〔［⁽₍﹙⟮",
    ")": "）❩❳〕］⁾₎﹚⟯",
    "<": "‹❮˂＜﹤⟨〈",
    "=": "⹀゠＝﹦꞊⁼",
    "|": "∣⏽￨￨｜│❘ǀ׀।",
    "%": "٪⁒％﹪",
    "*": "⁎٭∗＊﹡",
    "+": "➕＋﹢⁺",
    "~": "⁓˜∼～",
    "!": "！ǃ﹗",
    "?": "？ʔɁॽ﹖؟",
    "@": "＠﹫",
    "#": "＃﹟",
    "&": "＆﹠",
    "{": "❴｛﹛",
    "^": "˄ˆ＾",
    "1": "١۱１¹①𝟏",
    "0": "٠۰০０⓪𝟎𝟢",
  };
  const rows = Object.entries(LOOK_ALIKES).map(([sign, alike]) => [sign, alike] as const);
  /** Everyday as a superscript beside a unit, so that it is shown as it is. */
  const SHOWN = new Set("¹");

  test.each(rows)("in numbers: %s", (_, alike) => {
    for (const one of Array.from(alike).filter((character) => !SHOWN.has(character))) {
      expect(kinds(`pay 1${one}000 EUR`)).toSatisfy((found: string[]) => found.some((kind) => kind === "suspect" || kind === "escape"));
      expect(kinds(`漢字 1${one}000`)).toSatisfy((found: string[]) => found.some((kind) => kind === "suspect" || kind === "escape"));
    }
  });

  /** Quotes stand at the ends of words, and an apostrophe in them; wide punctuation joins words of Latin letters in East Asian prose. */
  test.each(rows)("in names: %s", (_, alike) => {
    for (const one of Array.from(alike).filter((character) => !"’¹".includes(character))) {
      expect(kinds(`drop prod${one}db now`)).toSatisfy((found: string[]) => found.some((kind) => kind === "suspect" || kind === "escape"));
    }
  });

  test("beside letters with accents, too", () => {
    expect(kinds("zürich․example∕pay")).toEqual(["suspect"]);
  });

  test("a dash or a quote that touches what it should not", () => {
    for (const text of ["rm –rf", "rm —rf", "–5", "1—2", "prod–db", "1’000", "a×b", "Bob‚ Eve"]) expect(kinds(text)).toContain("suspect");
  });

  test("a mark on a digit or a sign is no comma, dot or stroke of a number", () => {
    for (const mark of ["\u0326", "\u0323", "\u0307", "\u0332", "\u0315"]) {
      expect(kinds(`1${mark}000`)).toEqual(["plain", "escape", "plain"]);
      expect(kinds(`a/${mark}b`)).toEqual(["plain", "escape", "plain"]);
    }
  });

  test.each([
    ["Japanese", "「コーヒー、紅茶」をAPIで注文（v2）。iOS、Android"],
    ["Chinese", "请部署API：v2，今天！《说明》"],
    ["Korean", "서울・부산 (API)"],
    ["Catalan", "col·lecció d’art"],
    ["Greek", "Τι κάνεις; Καλά· εσύ;"],
    ["Arabic", "مرحبا، كيف حالك؟ ١٬٠٠٠"],
    ["Hebrew", "בית־ספר, צה״ל"],
    ["Hindi", "यह ठीक है। धन्यवाद॥"],
    ["Armenian", "Բարեւ։ Ինչպե՞ս ես"],
    ["Amharic", "ሰላም፡ለዓለም።"],
    ["Tibetan", "བོད་ཡིག།"],
    ["Ukrainian", "Її об’єкт"],
    ["Romanian and Welsh", "Ţară ţese, dŵr, ẁyt"],
    ["German and French", "„Straße“ ‚ja‘ « été » – so"],
    ["emoji", "🚀 done 😀"],
  ])("are left alone where a language has them: %s", (_, text) => {
    expect(kinds(text)).not.toContain("suspect");
    expect(kinds(text)).not.toContain("escape");
  });
});

describe("what few devices can show", () => {
  test.each([
    ["runic", "ᚠ"],
    ["hieroglyphs", "𓀀"],
    ["N’Ko", "ߞ"],
    ["Glagolitic", "Ⰱ"],
    ["Deseret", "𐐀"],
    ["Braille", "⠂"],
    ["ideographs beyond the first plane", "𠮷"],
    ["music", "𝄞"],
    ["a combining mark of such a script", "\u{11300}"],
  ])("is its code: %s", (_, character) => {
    expect(displaySegments(`a${character}`)).toContainEqual({
      kind: "escape",
      source: character,
      label: `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`,
      name: "CHARACTER THAT FEW DEVICES CAN SHOW",
    });
  });
});

describe("right to left", () => {
  test("a phrase is isolated with the spaces inside it, numbers beside it are not drawn in", () => {
    expect(displaySegments("pay 100 שלום עולם 200 now")).toEqual([
      { kind: "plain", source: "pay 100 " },
      { kind: "rtl", source: "שלום עולם" },
      { kind: "plain", source: " 200 now" },
    ]);
  });
});
