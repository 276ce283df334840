// The editor's text as stretches of one look, how they move while it is typed in, and the words that complete one.
// Nothing here touches the page.
import type { Diagnostic, Highlight, Word } from './contract';

/** A stretch of the text, in code units, and its look. */
export interface Stretch {
  from: number;
  to: number;
  look: string;
}
/** A part of a line that looks one way; several looks are parted by blanks. */
export interface Piece {
  text: string;
  look: string;
}

/** Where each line begins, in code units. */
export function starts(text: string): number[] {
  const all = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) all.push(at + 1);
  return all;
}

/** Code units of the first characters of a line: one outside the basic plane counts once and takes two. */
function units(line: string, characters: number): number {
  if (characters <= 0) return 0;
  return /[\ud800-\udfff]/.test(line) ? [...line].slice(0, characters).join('').length : Math.min(line.length, characters);
}

/** Turns lines and columns, which count characters, into places in the text. */
function placer(text: string): (line: number, column: number, length: number) => [number, number] {
  const lines = text.split('\n');
  const begin = starts(text);
  return (line, column, length) => {
    const at = Math.max(1, Math.min(lines.length, line)) - 1;
    const [own, from] = [lines[at] ?? '', begin[at] ?? 0];
    const first = units(own, column - 1);
    return [from + first, from + Math.max(first, units(own, column - 1 + length))];
  };
}

/** What is to be coloured, in order. */
export function stretches(text: string, highlights: Highlight[]): Stretch[] {
  const place = placer(text);
  return highlights.map((one) => {
    const [from, to] = place(one.line, one.column, one.length);
    return { from, to, look: one.class };
  });
}

/** Where the findings are. One about an empty place takes the next character. */
export function marks(text: string, findings: Diagnostic[]): Stretch[] {
  const place = placer(text);
  return findings.map((one) => {
    const [from, to] = place(one.line, one.column, Math.max(1, one.length));
    return { from, to, look: one.severity === 'warning' ? 'odd' : 'bad' };
  }).sort((a, b) => a.from - b.from);
}

/** What was changed between two texts: from where, to where in the old one, and what stands there now. */
export function difference(before: string, after: string): { from: number; to: number; put: string } {
  const least = Math.min(before.length, after.length);
  let from = 0;
  while (from < least && before.charCodeAt(from) === after.charCodeAt(from)) from++;
  let same = 0;
  while (same < least - from && before.charCodeAt(before.length - 1 - same) === after.charCodeAt(after.length - 1 - same)) same++;
  return { from, to: before.length - same, put: after.slice(from, after.length - same) };
}

/** The stretches of a text after a change to it, until it has been read again: a word that is typed on keeps its look. */
export function moved(all: Stretch[], before: string, after: string): Stretch[] {
  const { from, to, put } = difference(before, after);
  const by = put.length - (to - from);
  const result: Stretch[] = [];
  const add = (stretch: Stretch): void => {
    const last = result.at(-1);
    const begin = Math.max(stretch.from, last?.to ?? 0);
    if (stretch.to > begin) result.push({ ...stretch, from: begin });
  };
  for (const one of all) {
    const grows = one.look === 'comment' ? !put.includes('\n') && one.from < from : /^\w*$/.test(put);
    if (one.to < from) add(one);
    else if (one.from > to) add({ ...one, from: one.from + by, to: one.to + by });
    else if (grows) add({ ...one, from: Math.min(one.from, from), to: Math.max(one.to, to) + by });
    else {
      add({ ...one, to: Math.min(one.to, from) });
      add({ ...one, from: Math.max(one.from, to) + by, to: one.to + by });
    }
  }
  return result;
}

/** What is said about lines that a change left as they were, at the lines' new places. */
export function kept(findings: Diagnostic[], before: string, after: string): Diagnostic[] {
  if (before === after) return findings;
  const [old, now] = [before.split('\n'), after.split('\n')];
  let top = 0;
  while (top < old.length && top < now.length && old[top] === now[top]) top++;
  let bottom = 0;
  while (bottom < old.length - top && bottom < now.length - top && old[old.length - 1 - bottom] === now[now.length - 1 - bottom]) bottom++;
  const by = now.length - old.length;
  return findings.flatMap((one) => (one.line <= top ? [one] : one.line > old.length - bottom ? [{ ...one, line: one.line + by }] : []));
}

/** Each line in pieces of one look. Both lists are in order; those of the first do not overlap. */
export function pieces(text: string, coloured: Stretch[], marked: Stretch[]): Piece[][] {
  let [c, m, at] = [0, 0, 0];
  return text.split('\n').map((line) => {
    const end = at + line.length;
    const row: Piece[] = [];
    while ((coloured[c]?.to ?? Infinity) <= at) c++;
    while ((marked[m]?.to ?? Infinity) <= at) m++;
    while (at < end) {
      while ((coloured[c]?.to ?? Infinity) <= at) c++;
      while ((marked[m]?.to ?? Infinity) <= at) m++;
      const looks: string[] = [];
      let to = end;
      for (const stretch of [coloured[c], marked[m]]) {
        if (stretch === undefined) continue;
        if (stretch.from > at) to = Math.min(to, stretch.from);
        else {
          looks.push(stretch.look);
          to = Math.min(to, stretch.to);
        }
      }
      row.push({ text: text.slice(at, to), look: looks.join(' ') });
      at = to;
    }
    // What is missing at the end of a line is marked behind it.
    const mark = marked[m];
    if (mark !== undefined && mark.from <= end && mark.to >= end && (mark.from === end || line === '')) {
      row.push({ text: ' ', look: mark.look });
      m++;
    }
    at = end + 1;
    return row;
  });
}

/** The word that the caret stands in: its letters before the caret, and where it ends. */
export function wordAt(text: string, caret: number): { from: number; to: number; typed: string } {
  let from = caret;
  while (from > 0 && /\w/.test(text[from - 1] ?? '')) from--;
  // A number is no word, nor is what follows its digits.
  if (/\d/.test(text[from] ?? '') || /[\d.]/.test(text[from - 1] ?? '')) return { from: caret, to: caret, typed: '' };
  let to = caret;
  while (/\w/.test(text[to] ?? '')) to++;
  return { from, to, typed: text.slice(from, caret) };
}

const MOST_WORDS = 60;
/** The words that begin as typed, in their own order; one that is there whole needs no completion. */
export function completions(words: Word[], typed: string): Word[] {
  const start = typed.toLowerCase();
  const fitting = words.filter(({ name }) => name.toLowerCase().startsWith(start));
  if (fitting.some(({ name }) => name.toLowerCase() === start)) return [];
  return fitting.slice(0, MOST_WORDS);
}
