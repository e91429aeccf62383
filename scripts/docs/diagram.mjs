/**
 * Pictures of docs/ as SVG, drawn of data: boxes with arrows between them, and who says what to whom in which order. They need no script
 * and no font of their own, and are light or dark as their reader's screen is, on GitHub as at /docs.
 */

const STYLE = `<style>
    text { font: 15px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: #12201b; }
    .quiet { font-size: 13px; fill: #40504a; }
    .strong { font-weight: 650; }
    .paper { fill: #f5f8f6; }
    .box { fill: #ffffff; stroke: #76867f; }
    .main { fill: #e3f3ec; stroke: #0f5c48; stroke-width: 2; }
    .line { stroke: #40504a; stroke-width: 1.5; fill: none; }
    .back { stroke-dasharray: 5 4; }
    .tip { fill: #40504a; }
    .life { stroke: #d8e0dc; stroke-width: 1.5; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e8efeb; }
      .quiet { fill: #b7c4be; }
      .paper { fill: #101614; }
      .box { fill: #171f1c; stroke: #71827b; }
      .main { fill: #15342a; stroke: #62cba8; }
      .line { stroke: #b7c4be; }
      .tip { fill: #b7c4be; }
      .life { stroke: #2b3733; }
    }
  </style>`;
const TIP = `<marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto-start-reverse"><path class="tip" d="M0 0L10 5L0 10z" /></marker>`;

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const document = ({
  width,
  height,
  title,
  about,
  body,
}) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title about">
  <title id="title">${escaped(title)}</title>
  <desc id="about">${escaped(about)}</desc>
  ${STYLE}
  <defs>${TIP}</defs>
  <rect class="paper" width="${width}" height="${height}" rx="8" />
  ${body.join("\n  ")}
</svg>
`;

const lines = (words, x, y, kind = "") =>
  words.map(
    (line, index) =>
      `<text class="${index === 0 ? `strong ${kind}` : `quiet ${kind}`}" x="${x}" y="${y + index * 19}" text-anchor="middle">${escaped(line)}</text>`,
  );

/** Boxes `{ at: [x, y], size: [w, h], words, main? }` and arrows `{ path: [[x, y], …], words?, at?, back? }`, in units of the picture. */
export function boxesPicture({ boxes, arrows, ...frame }) {
  const drawn = boxes.flatMap(({ at: [x, y], size: [w, h], words, main = false }) => [
    `<rect class="${main ? "main" : "box"}" x="${x}" y="${y}" width="${w}" height="${h}" rx="6" />`,
    ...lines(words, x + w / 2, y + h / 2 + 5 - (words.length - 1) * 9.5),
  ]);
  const ways = arrows.flatMap(({ path, words = [], at = [0, 0], back = false }) => [
    `<path class="line${back ? " back" : ""}" d="M${path.map((point) => point.join(" ")).join("L")}" marker-end="url(#tip)" />`,
    ...words.map(
      (line, index) => `<text class="quiet" x="${at[0]}" y="${at[1] + index * 17}" text-anchor="middle">${escaped(line)}</text>`,
    ),
  ]);
  return document({ ...frame, body: [...ways, ...drawn] });
}

/** Who says what to whom: `steps` are `[from, to, words, "back"?]`, by the index of the `actors`. */
export function sequencePicture({ actors, steps, width = 760, ...frame }) {
  const gap = width / actors.length;
  const [top, row] = [84, 38];
  const height = top + steps.length * row + 16;
  const x = (actor) => gap * (actor + 0.5);
  const heads = actors.flatMap((words, index) => [
    `<path class="life" d="M${x(index)} 60V${height - 12}" />`,
    `<rect class="box" x="${x(index) - gap / 2 + 6}" y="14" width="${gap - 12}" height="46" rx="6" />`,
    ...lines(words, x(index), words.length === 1 ? 42 : 33),
  ]);
  const said = steps.flatMap(([from, to, words, back], index) => {
    const y = top + index * row + 16;
    const [start, end] = [x(from), x(to)];
    const isSelf = from === to;
    const path = isSelf ? `M${start} ${y - 8}h18v12h-16` : `M${start} ${y}H${end + (end > start ? -2 : 2)}`;
    const [at, anchor] = isSelf ? [start + 26, "start"] : [(start + end) / 2, "middle"];
    return [
      `<path class="line${back === undefined ? "" : " back"}" d="${path}" marker-end="url(#tip)" />`,
      `<text class="quiet" x="${at}" y="${isSelf ? y + 3 : y - 6}" text-anchor="${anchor}">${escaped(words)}</text>`,
    ];
  });
  return document({ ...frame, width, height, body: [...heads, ...said] });
}
