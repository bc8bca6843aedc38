/** Lines over one axis as SVG, with bands for the times when something was different. */
import { escaped } from "./plot.ts";

export interface LineChart {
  readonly title: string;
  readonly x: { readonly label: string; readonly values: readonly number[] };
  readonly bands: readonly { readonly label: string; readonly from: number; readonly to: number }[];
  readonly lines: readonly { readonly label: string; readonly color: string; readonly values: readonly number[] }[];
}

const width = 860;
const height = 380;
const margin = { left: 70, right: 20, top: 64, bottom: 44 };
const gridLines = 5;

export function lineChart({ title, x, bands, lines }: LineChart): string {
  const mostX = Math.max(...x.values);
  const mostY = Math.max(1, ...lines.flatMap(({ values }) => Math.max(...values)));
  const atX = (value: number) => margin.left + (value / mostX) * (width - margin.left - margin.right);
  const atY = (value: number) => height - margin.bottom - (value / mostY) * (height - margin.top - margin.bottom);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="13">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="10" y="22" font-weight="600">${escaped(title)}</text>`,
  ];
  for (const { label, from, to } of bands) {
    parts.push(
      `<rect x="${atX(from).toFixed(1)}" y="${margin.top}" width="${(atX(to) - atX(from)).toFixed(1)}" height="${height - margin.top - margin.bottom}" fill="#f1f3f5"/>`,
      `<text x="${atX(from).toFixed(1)}" y="${margin.top - 6}" font-size="11" fill="#495057">${escaped(label)}</text>`,
    );
  }
  for (let line = 0; line <= gridLines; line += 1) {
    const value = (mostY * line) / gridLines;
    const y = atY(value).toFixed(1);
    parts.push(
      `<line x1="${margin.left}" x2="${width - margin.right}" y1="${y}" y2="${y}" stroke="#dee2e6"/>`,
      `<text x="${margin.left - 8}" y="${(atY(value) + 4).toFixed(1)}" text-anchor="end">${Math.round(value).toLocaleString("en")}</text>`,
    );
  }
  for (let minute = 0; minute <= mostX; minute += Math.max(1, Math.round(mostX / 10))) {
    parts.push(
      `<text x="${atX(minute).toFixed(1)}" y="${height - margin.bottom + 18}" text-anchor="middle">${minute}</text>`,
    );
  }
  parts.push(`<text x="${width - margin.right}" y="${height - 8}" text-anchor="end">${escaped(x.label)}</text>`);
  for (const [index, { label, color, values }] of lines.entries()) {
    const points = values.map((value, at) => `${atX(x.values[at] ?? 0).toFixed(1)},${atY(value).toFixed(1)}`).join(" ");
    const legendX = 10 + index * 170;
    parts.push(
      `<polyline points="${points}" fill="none" stroke="${color}" stroke-width="1.6"/>`,
      `<rect x="${legendX}" y="32" width="12" height="4" fill="${color}"/><text x="${legendX + 18}" y="39">${escaped(label)}</text>`,
    );
  }
  return [...parts, "</svg>", ""].join("\n");
}
