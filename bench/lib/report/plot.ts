/** A bar chart as SVG: some panels under each other, a bar for each name, on a scale of powers of ten. */

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** The smallest and largest of the rounds. */
  readonly min: number;
  readonly max: number;
  readonly isOurs: boolean;
}

export interface Panel {
  readonly title: string;
  readonly bars: readonly Bar[];
  readonly write: (value: number) => string;
}

const width = 860;
const labelWidth = 230;
const valueWidth = 90;
const barHeight = 18;
const gap = 6;
const titleHeight = 34;

export function barChart(panels: readonly Panel[]): string {
  let top = 10;
  const drawn = panels.map((panel) => {
    const part = drawPanel(panel, top);
    top += titleHeight + panel.bars.length * (barHeight + gap) + 14;
    return part;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${top}" font-family="system-ui, sans-serif" font-size="13">`,
    `<rect width="${width}" height="${top}" fill="#fff"/>`,
    ...drawn.flat(),
    "</svg>",
    "",
  ].join("\n");
}

function drawPanel({ title, bars, write }: Panel, top: number): string[] {
  const values = bars.flatMap(({ min, max }) => [min, max]).filter((value) => value > 0);
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.ceil(Math.log10(Math.max(...values)));
  const span = width - labelWidth - valueWidth;
  const x = (value: number) =>
    labelWidth + ((Math.log10(Math.max(value, 10 ** low)) - low) / Math.max(1, high - low)) * span;
  const lines = [`<text x="10" y="${top + 18}" font-weight="600">${escaped(title)}</text>`];
  const bottom = top + titleHeight + bars.length * (barHeight + gap);
  for (let power = low; power <= high; power += 1) {
    const at = x(10 ** power).toFixed(1);
    lines.push(`<line x1="${at}" x2="${at}" y1="${top + titleHeight - 6}" y2="${bottom}" stroke="#ddd"/>`);
  }
  for (const [index, bar] of bars.entries()) {
    const y = top + titleHeight + index * (barHeight + gap);
    const middle = y + barHeight / 2;
    const end = x(bar.value);
    lines.push(
      `<text x="${labelWidth - 8}" y="${middle + 4}" text-anchor="end">${escaped(bar.label)}</text>`,
      `<rect x="${labelWidth}" y="${y}" width="${Math.max(1, end - labelWidth).toFixed(1)}" height="${barHeight}" fill="${bar.isOurs ? "#d9480f" : "#868e96"}"/>`,
      `<line x1="${x(bar.min).toFixed(1)}" x2="${x(bar.max).toFixed(1)}" y1="${middle}" y2="${middle}" stroke="#212529" stroke-width="2"/>`,
      `<text x="${(x(bar.max) + 6).toFixed(1)}" y="${middle + 4}">${escaped(write(bar.value))}</text>`,
    );
  }
  return lines;
}

/** Text as SVG holds it. */
export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
