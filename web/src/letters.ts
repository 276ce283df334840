// Curves as text: one letter a point, from the lowest level to the highest. Nothing here touches the page.

const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_';
/** The highest level; the lowest is 0. */
export const TOP = LETTERS.length - 1;
/** The level that a curve begins with where nothing has been drawn. */
export const MIDDLE = Math.round(TOP / 2);

/** The levels of a curve; what is no letter counts as the middle. */
export function levels(text: string): number[] {
  return [...text].map((letter) => {
    const level = LETTERS.indexOf(letter);
    return level < 0 ? MIDDLE : level;
  });
}
/** The curve of some levels. */
export function written(all: number[]): string {
  return all.map((level) => LETTERS[Math.max(0, Math.min(TOP, Math.round(level)))] ?? '0').join('');
}
/** A level from −1 to 1, as the engine takes it. */
export function height(level: number): number {
  return (2 * level) / TOP - 1;
}
/** Draws a straight stroke from one point to another, both ends included. */
export function stroke(all: number[], from: [number, number], to: [number, number]): number[] {
  const result = [...all];
  const [[x0, y0], [x1, y1]] = from[0] <= to[0] ? [from, to] : [to, from];
  for (let x = Math.max(0, x0); x <= Math.min(all.length - 1, x1); x++) {
    result[x] = Math.round(x1 === x0 ? to[1] : y0 + ((y1 - y0) * (x - x0)) / (x1 - x0));
  }
  return result;
}
/** What a curve looks like, in words. */
export function described(all: number[]): string {
  if (all.length === 0) return 'Nothing is drawn yet.';
  const two = (level: number): string => height(level).toFixed(2).replace('-', '−');
  const [low, high] = [Math.min(...all), Math.max(...all)];
  if (low === high) return `A level line at ${two(low)}.`;
  const share = (level: number): number => Math.round((100 * all.indexOf(level)) / Math.max(1, all.length - 1));
  return `From ${two(all[0] ?? MIDDLE)} to ${two(all[all.length - 1] ?? MIDDLE)}: highest, ${two(high)}, after ${share(high)} % and lowest, ${two(low)}, after ${share(low)} % of its time.`;
}
