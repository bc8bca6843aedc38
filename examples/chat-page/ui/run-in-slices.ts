/** Runs many small tasks without holding a frame up: a few milliseconds of them in each. */

/** Half of a frame at 60 a second. */
const sliceMs = 8;

const waiting: (() => void)[] = [];
let isScheduled = false;

export function runInSlices(task: () => void): void {
  waiting.push(task);
  if (isScheduled) return;
  isScheduled = true;
  requestAnimationFrame(runSlice);
}

function runSlice(): void {
  const end = performance.now() + sliceMs;
  let task = waiting.shift();
  while (task !== undefined) {
    task();
    if (performance.now() >= end) break;
    task = waiting.shift();
  }
  isScheduled = waiting.length > 0;
  if (isScheduled) requestAnimationFrame(runSlice);
}
