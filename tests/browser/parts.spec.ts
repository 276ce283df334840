// Parts of the front end that need no page: the editor's stretches and completions, curves, files, the gallery's search.
import { expect, test } from '@playwright/test';
import type { Diagnostic, Gallery, Member, Word } from '../../web/src/contract';
import { decoded, planned } from '../../web/src/files';
import { described, levels, MIDDLE, stroke, TOP, written } from '../../web/src/letters';
import { entries, EVERYTHING, type Wish, wished } from '../../web/src/search';
import { completions, difference, kept, marks, moved, pieces, stretches, wordAt, type Stretch } from '../../web/src/text';

const fault = (line: number, column: number, length: number, severity = 'error'): Diagnostic => ({ severity, line, column, length, message: 'm', help: null, replacement: null });
const shown = (text: string, all: Stretch[]): string[] => all.map(({ from, to, look }) => `${look}:${text.slice(from, to)}`);

test('columns count characters and stretches count code units', () => {
  const text = "σ'=1 # 𝜎\n𝜎'=a";
  const all = stretches(text, [{ line: 1, column: 6, length: 3, class: 'comment' }, { line: 2, column: 1, length: 1, class: 'variable' }, { line: 2, column: 4, length: 1, class: 'parameter' }]);
  expect(shown(text, all)).toEqual(['comment:# 𝜎', 'variable:𝜎', 'parameter:a']);
  expect(shown(text, marks(text, [fault(2, 4, 0), fault(9, 9, 9)]))).toEqual(['bad:a', 'bad:']);
});

test('a change to a text leaves the looks round it and lengthens the word that is typed on', () => {
  expect(difference('abcabc', 'abc-abc')).toEqual({ from: 3, to: 3, put: '-' });
  const before = "par rho=2 # note\nx'=rho*x";
  const all = stretches(before, [
    { line: 1, column: 1, length: 3, class: 'keyword' }, { line: 1, column: 5, length: 3, class: 'parameter' }, { line: 1, column: 11, length: 6, class: 'comment' },
    { line: 2, column: 1, length: 1, class: 'variable' }, { line: 2, column: 4, length: 3, class: 'parameter' }, { line: 2, column: 8, length: 1, class: 'variable' }]);
  const typed = "par rho=2 # note\nx'=rhos*x";
  expect(shown(typed, moved(all, before, typed))).toEqual(['keyword:par', 'parameter:rho', 'comment:# note', 'variable:x', 'parameter:rhos', 'variable:x']);
  const split = "par rho=2 # note\nx'=r+ho*x";
  expect(shown(split, moved(all, before, split))).toContain('parameter:r');
  const longer = "par rho=2 # note too\nx'=rho*x";
  expect(shown(longer, moved(all, before, longer))).toContain('comment:# note too');
  expect(moved(all, before, '')).toEqual([]);
});

test('findings stay with the lines that a change left alone', () => {
  const before = 'one\ntwo\nthree';
  const findings = [fault(1, 1, 1), fault(2, 1, 1), fault(3, 1, 1)];
  expect(kept(findings, before, 'one\ntwo!\nthree').map(({ line }) => line)).toEqual([1, 3]);
  expect(kept(findings, before, 'one\nnew\ntwo\nthree').map(({ line }) => line)).toEqual([1, 3, 4]);
  expect(kept(findings, before, before)).toEqual(findings);
});

test('a line falls into pieces of one look, its text whole', () => {
  const text = "x'=ab*c\n\ny";
  const rows = pieces(text, [{ from: 0, to: 1, look: 'variable' }, { from: 3, to: 5, look: 'unknown' }], [{ from: 4, to: 6, look: 'bad' }]);
  expect(rows.map((row) => row.map((piece) => piece.text).join(''))).toEqual(["x'=ab*c", '', 'y']);
  expect(rows[0]).toEqual([
    { text: 'x', look: 'variable' }, { text: "'=", look: '' }, { text: 'a', look: 'unknown' }, { text: 'b', look: 'unknown bad' }, { text: '*', look: 'bad' }, { text: 'c', look: '' }]);
  // What is missing at the end of a line, and in an empty one, is marked behind it.
  expect(pieces('a\n', [], marks('a\n', [fault(1, 2, 1)]))[0]).toEqual([{ text: 'a', look: '' }, { text: ' ', look: 'bad' }]);
});

test('names are completed from their beginning, numbers and whole names are not', () => {
  const words: Word[] = ['rho', 'Rate', 'sigma', 'sin'].map((name) => ({ name, class: 'parameter', detail: '' }));
  const named = (typed: string): string[] => completions(words, typed).map(({ name }) => name);
  expect(named('r')).toEqual(['rho', 'Rate']);
  expect(named('RA')).toEqual(['Rate']);
  expect(named('sin')).toEqual([]);
  expect(named('q')).toEqual([]);
  expect(wordAt("x'=rho*2", 5)).toEqual({ from: 3, to: 6, typed: 'rh' });
  expect(wordAt('1.5e3', 5).typed).toBe('');
  expect(wordAt('2exp', 4).typed).toBe('');
});

test('a curve is letters and back, and a stroke has no gaps', () => {
  expect(levels('0V_')).toEqual([0, 31, TOP]);
  expect(written([-3, 31.4, 99])).toBe('0V_');
  expect(stroke([0, 0, 0, 0, 0], [1, 10], [3, 20])).toEqual([0, 10, 15, 20, 0]);
  expect(stroke([0, 0, 0], [2, 8], [0, 4])).toEqual([4, 6, 8]);
  expect(described([])).toBe('Nothing is drawn yet.');
  expect(described([0, TOP, MIDDLE])).toContain('highest, 1.00, after 50 %');
});

test('dropped files are sorted, and what cannot be taken is told', () => {
  const file = (name: string, bytes = 10): File => new File([new Uint8Array(bytes)], name);
  expect(planned([file('a.tab'), file('b.ODE')])).toMatchObject({ kind: 'equations', file: { name: 'b.ODE' }, beside: [{ name: 'a.tab' }] });
  expect(planned([file('own.csv')])).toMatchObject({ kind: 'series' });
  for (const [files, words] of [
    [[file('a.ode'), file('b.ode')], /2 files of equations/], [[file('a.ode', 65_537)], /65 KB; equations may have 64 KB/],
    [[file('a.ode'), file('b.tab', 1_000_001)], /may have 1.0 MB/], [[file('b.tab')], /together with the .ode file/],
    [[file('a.csv'), file('b.csv')], /None of these/], [[], /no file/]] as const) {
    expect(planned([...files])).toMatchObject({ kind: 'refused', why: expect.stringMatching(words) });
  }
});

test('text is read as UTF-8, else as Latin-1, and bytes that are no text are told apart', () => {
  expect(decoded(new TextEncoder().encode('# σ'))).toBe('# σ');
  expect(decoded(Uint8Array.of(0x23, 0x20, 0xe9))).toBe('# é');
  expect(decoded(Uint8Array.of(0x7f, 0x45, 0, 1))).toBeNull();
});

test('the gallery is searched by words, comparisons, family, variables and behaviour', () => {
  const member = (slug: string, title: string, more: Partial<Member> = {}): Member => ({
    slug, title, subtitle: 'Someone, 1970', sentence: 'A sentence.', dimension: 3, exponent: null, regular: null, collection: null, ...more });
  const gallery: Gallery = { families: [
    { shelf: 'Systems', name: 'Chaotic flows', members: [member('rossler', 'Rössler', { exponent: 0.07 }), member('aizawa', 'Aizawa', { exponent: 0.09, collection: 'Aizawa' })] },
    { shelf: 'Systems', name: 'Neurons', members: [member('fitzhugh', 'FitzHugh', { dimension: 2, regular: 'a cycle', collection: 'SomeName' }), member('ring', 'Ring', { dimension: 40 })] },
    { shelf: 'Exhibits', name: 'Learning', members: [member('paper', 'Paper', { dimension: null })] }] };
  const found = (wish: Partial<Wish>): string[] => entries(gallery).filter(wished({ ...EVERYTHING, ...wish })).map((entry) => entry.member.slug);
  expect(found({})).toEqual(['aizawa', 'rossler', 'fitzhugh', 'ring', 'paper']);
  expect(found({ query: 'rossler' })).toEqual(['rossler']);
  expect(found({ query: 'RÖSS 1970' })).toEqual(['rossler']);
  expect(found({ query: 'somename' })).toEqual(['fitzhugh']);
  expect(found({ query: 'neurons' })).toEqual(['fitzhugh', 'ring']);
  expect(found({ size: '3' })).toEqual(['aizawa', 'rossler']);
  expect(found({ size: 'more' })).toEqual(['ring']);
  expect(found({ nature: 'chaotic' })).toEqual(['aizawa', 'rossler']);
  expect(found({ nature: 'regular', family: 'Neurons' })).toEqual(['fitzhugh']);
  expect(found({ query: 'λ > .08' })).toEqual(['aizawa']);
  expect(found({ query: 'λ₁=0.07' })).toEqual(['rossler']);
  expect(found({ query: 'n>=3 exponent<1' })).toEqual(['aizawa', 'rossler']);
  expect(found({ query: 'n>3 ring' })).toEqual(['ring']);
});
