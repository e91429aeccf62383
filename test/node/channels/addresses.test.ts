/** The guard of addresses: every spelling that is known to lead inside, and properties that no spelling may break. */
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { type AddressRules, checkAddress } from "#rules/addresses/check-address.ts";
import { isLoopbackAddress, isPublicAddress } from "#rules/addresses/public-address.ts";

const RULES: AddressRules = { ownHost: "gate.example.com", allowsLoopback: false };
const DEVELOPMENT: AddressRules = { ownHost: "localhost:8787", allowsLoopback: true };

/** What the guard says of it: the address it gives, or why not. */
function say(text: string, rules = RULES): string {
  const checked = checkAddress(text, rules);
  return checked.ok ? checked.value.href : checked.refusal;
}

describe("an address that may be sent to", () => {
  test.each([
    ["https://hooks.example.com", "https://hooks.example.com/"],
    ["https://hooks.example.com/a/b?c=d%20e", "https://hooks.example.com/a/b?c=d%20e"],
    ["HTTPS://Hooks.Example.COM/A", "https://hooks.example.com/A"],
    ["https://hooks.example.com:443/", "https://hooks.example.com/"],
    ["https://hooks.example.com:8443/", "https://hooks.example.com:8443/"],
    ["https://a_b.example.com/", "https://a_b.example.com/"],
    ["https://bücher.example/", "https://xn--bcher-kva.example/"],
    ["https://93.184.216.34/", "https://93.184.216.34/"],
    ["https://[2606:2800:220:1:248:1893:25c8:1946]:8443/x", "https://[2606:2800:220:1:248:1893:25c8:1946]:8443/x"],
    ["https://not-gate.example.com/", "https://not-gate.example.com/"],
    ["https://10.example.com/", "https://10.example.com/"],
    ["https://localhost.example.com/", "https://localhost.example.com/"],
  ])("%s", (text, href) => expect(say(text)).toBe(href));
});

const MALFORMED = [
  ["", "hooks.example.com", "//hooks.example.com", "https:hooks.example.com", "https:/hooks.example.com", "https:///hooks.example.com"],
  ["ftp://hooks.example.com", "file:///etc/passwd", "data:text/plain,x", "javascript:alert(1)", "gopher://hooks.example.com", "https://"],
  ["https://ada@hooks.example.com/", "https://ada:secret@hooks.example.com/", "https://@hooks.example.com/"],
  ["https://hooks.example.com@127.0.0.1/", "https://127.0.0.1%2f@hooks.example.com/"],
  ["https://hooks.example.com/#", "https://hooks.example.com/#a", "https://hooks.example.com#@127.0.0.1/"],
  ["https://hooks.example.com\\@127.0.0.1/", "https:\\\\hooks.example.com/", "https://hooks.example.com\\.other.example/"],
  [" https://hooks.example.com/", "https://hooks.example.com/ ", "https://hooks.exam\nple.com/", "https://hooks.exam\tple.com/"],
  [
    "https://hooks.example.com/a b",
    "https://hooks.example.com/\u0000",
    "https://hooks\u200b.example.com/",
    "https://hooks\u00ad.example.com/",
  ],
  ["https://hooks.example.com./", "https://hooks..example.com/", "https://.example.com/", "https://gate.example.com./"],
  ["https://%68ooks.example.com/", "https://127.0.0.1%00.example.com/", "https://-hooks.example.com/", "https://a*b.example.com/"],
  ["https://hooks.example.com:/", "https://hooks.example.com:0/", "https://hooks.example.com:22/", "https://hooks.example.com:65536/"],
  ["https://hooks.example.com:-1/", "https://hooks.example.com:443a/", "https://1.2.3.4.5/", "https://256.1.1.1/", "https://[::1/"],
  [
    "https://[fe80::1%25eth0]/",
    "https://[::g]/",
    `https://${"a".repeat(64)}.example.com/`,
    `https://hooks.example.com/${"a".repeat(2_048)}`,
  ],
  // Everybody's addresses, oddly written.
  ["https://1572395042/", "https://0x5db8d822/", "https://0135.184.216.34/", "https://93.184.55330/", "https://93.12113954/"],
  ["https://093.184.216.34/", "https://[2606:2800:0220:1:248:1893:25c8:1946]/", "https://９３.184.216.34/", "https://93。184。216。34/"],
].flat();

const PRIVATE = [
  [
    "127.0.0.1",
    "127.255.255.254",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "0x7F.0x0.0x0.0x1",
  ],
  ["①②⑦.0.0.1", "127。0。0。1", "1２7.0.0.1", "0", "0.0.0.0", "0x0"],
  ["10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "100.64.0.1", "100.127.255.255"],
  ["169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "192.0.0.192", "192.0.2.1", "198.51.100.7", "203.0.113.9"],
  ["198.18.0.1", "192.88.99.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"],
  [
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[0000::0001]",
    "[::127.0.0.1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:93.184.216.34]",
  ],
  ["[::ffff:0:127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::10.0.0.1]", "[64:ff9b:1::a00:1]", "[2002:7f00:1::]", "[2002:c0a8:1::1]"],
  ["[2001::1]", "[2001:0:7f00:1::]", "[2001:2::1]", "[2001:10::1]", "[2001:20::1]", "[2001:db8::1]", "[3fff::1]", "[100::1]", "[5f00::1]"],
  ["[fc00::1]", "[fd00:ec2::254]", "[fdff::1]", "[fe80::1]", "[febf::1]", "[fec0::1]", "[ff02::1]"],
  [
    "localhost",
    "LOCALHOST",
    "ｌｏｃａｌｈｏｓｔ",
    "localhost.",
    "a.localhost",
    "a.b.localhost.",
    "printer.local",
    "metadata.google.internal",
  ],
  ["metadata", "intranet", "db.corp", "nas.home", "router.lan", "x.home.arpa", "localhost.localdomain", "wiki.intranet"],
].flat();

describe("an address that is refused", () => {
  test.each(MALFORMED)("malformed: %j", (text) => expect(say(text)).toBe("address-malformed"));
  test.each(PRIVATE)("private: %s", (host) => expect(say(`https://${host}/`)).toBe("address-private"));
  test.each(PRIVATE)("private, on another port: %s", (host) => expect(say(`https://${host}:8443/x`)).toBe("address-private"));
  test.each(["http://hooks.example.com/", "http://127.0.0.1/", "http://localhost:8787/", "HTTP://hooks.example.com/"])(
    "not https: %s",
    (text) => expect(say(text)).toBe("address-not-https"),
  );
  test.each([
    "https://gate.example.com/",
    "https://GATE.example.com:443/mcp",
    "https://gate.example.com:8443/",
    "https://ｇate.example.com/",
  ])("the gate's own: %s", (text) => expect(say(text)).toBe("address-own"));
});

describe("development", () => {
  test.each([
    "http://localhost:9000/in",
    "http://127.0.0.1:9000/",
    "http://[::1]:9000/",
    "http://a.localhost:22/",
    "https://localhost:9000/",
  ])("may send to this machine: %s", (text) => expect(say(text, DEVELOPMENT)).toBe(text));
  test.each([
    ["http://localhost:8787/", "address-own"],
    ["http://127.0.0.1:8787/api/v1/agents", "address-own"],
    ["http://[::1]:8787/", "address-own"],
    ["http://127.1:8787/", "address-own"],
    ["http://127.1:9000/", "address-malformed"],
    ["http://2130706433:9000/", "address-malformed"],
    ["http://0.0.0.0:9000/", "address-not-https"],
    ["https://0.0.0.0:9000/", "address-private"],
    ["https://192.168.0.1/", "address-private"],
    ["http://192.168.0.1/", "address-not-https"],
    ["https://169.254.169.254/", "address-private"],
    ["http://hooks.example.com/", "address-not-https"],
  ])("and nowhere else: %s is %s", (text, reason) => expect(say(text, DEVELOPMENT)).toBe(reason));
});

describe("whatever is written", () => {
  const octet = fc.nat(255);
  const inside = fc
    .tuple(fc.constantFrom([10], [127], [169, 254], [192, 168], [172, 20], [100, 100], [0], [224]), fc.tuple(octet, octet, octet))
    .map(([first, rest]) => [...first, ...rest].slice(0, 4));
  const spelling = fc.constantFrom(
    (part: number) => String(part),
    (part: number) => `0x${part.toString(16)}`,
    (part: number) => `0${part.toString(8)}`,
    (part: number) => `0x${part.toString(16).padStart(8, "0").toUpperCase()}`,
  );

  it("an inner IPv4 address is none to send to, in any mixture of spellings, short or in full", () => {
    fc.assert(
      fc.property(inside, fc.array(spelling, { minLength: 4, maxLength: 4 }), fc.integer({ min: 1, max: 4 }), (parts, spellings, count) => {
        const last = parts.slice(count - 1).reduce((sum, part) => sum * 256 + part, 0);
        const host = [...parts.slice(0, count - 1), last].map((part, i) => spellings[i]?.(part)).join(".");
        expect(["address-private", "address-malformed"]).toContain(say(`https://${host}/`));
      }),
    );
  });

  it("what is given is https, to the host that the text names, and given for itself too", () => {
    const part = fc.string({ unit: "grapheme", maxLength: 12 });
    const host = fc.oneof(
      fc.domain(),
      fc.ipV4(),
      fc.ipV6().map((ip) => `[${ip}]`),
      part,
    );
    fc.assert(
      fc.property(fc.constantFrom("https://", "http://", "//", ""), part, host, part, (scheme, before, name, after) => {
        const checked = checkAddress(`${scheme}${before}${name}${after}`, RULES);
        if (!checked.ok) return;
        const { protocol, hostname, username, password, hash, href } = checked.value;
        expect([protocol, username, password, hash]).toEqual(["https:", "", "", ""]);
        const isAddress = /^[\d.]+$|^\[/.test(hostname);
        expect(isAddress ? isPublicAddress(hostname.replace(/^\[|\]$/g, "")) : hostname.includes(".")).toBe(true);
        expect(say(href)).toBe(href);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("an IP address", () => {
  test.each([
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.1",
    "198.17.0.0",
  ])("that is everybody's: %s", (ip) => expect(isPublicAddress(ip)).toBe(true));
  test.each(["2001:200::", "2606:4700::1111", "2A00:1450:4001::1", "3ffe:ffff::1", "2003::1"])("that is everybody's: %s", (ip) =>
    expect(isPublicAddress(ip)).toBe(true),
  );
  test.each([
    "",
    "a",
    "1.1.1",
    "01.1.1.1",
    "1.1.1.1.",
    " 1.1.1.1",
    "1.1.1.256",
    "0x1.1.1.1",
    "[2606:4700::1111]",
    "2606:4700::1111%eth0",
    "::ffff:1.1.1.1",
  ])("that is none, or not everybody's: %j", (ip) => expect(isPublicAddress(ip)).toBe(false));

  it("of this machine", () => {
    expect(["127.0.0.1", "127.9.9.9", "::1", "0:0::1"].map(isLoopbackAddress)).toEqual([true, true, true, true]);
    expect(["126.0.0.1", "128.0.0.1", "::", "::2", "1::1", "localhost", ""].map(isLoopbackAddress)).toEqual(
      Array.from({ length: 7 }, () => false),
    );
  });
});
