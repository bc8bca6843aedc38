/** Draws the agent's picture: a PNG with one bar for each number. The same numbers give the same bytes. */
import { crc32, deflateSync } from "node:zlib";

const barWidth = 12;
const gap = 4;
const height = 64;
const background = [0xf3, 0xf4, 0xf6] as const;
const bar = [0x25, 0x63, 0xeb] as const;

/** @returns the PNG in base64. Without numbers it is an empty picture. */
export function drawBarChart(values: readonly number[]): string {
  const width = gap + Math.max(1, values.length) * (barWidth + gap);
  const highest = Math.max(1, ...values);
  const rows: number[] = [];
  for (let y = 0; y < height; y += 1) {
    // Each row begins with its filter: none.
    rows.push(0);
    for (let x = 0; x < width; x += 1) {
      const column = Math.floor((x - gap) / (barWidth + gap));
      const isInBar = x >= gap && (x - gap) % (barWidth + gap) < barWidth;
      const top = height - Math.round(((values[column] ?? 0) / highest) * (height - gap));
      rows.push(...(isInBar && y >= top ? bar : background));
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Eight bits of red, green and blue.
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const chunks = [chunk("IHDR", header), chunk("IDAT", deflateSync(Buffer.from(rows))), chunk("IEND", Buffer.alloc(0))];
  return Buffer.concat([signature, ...chunks]).toString("base64");
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}
