// Finding in the gallery: by words and comparisons, by how many variables, by what it does. Nothing here touches the page.
import type { Gallery, Member } from './contract';

/** A member with the family that it is of. */
export interface Entry {
  member: Member;
  family: string;
  shelf: string;
  /** All its words, without capitals and accents. */
  text: string;
}
export interface Wish {
  query: string;
  family: string;
  size: string;
  nature: string;
}
export const EVERYTHING: Wish = { query: '', family: '', size: '', nature: '' };

/** By how many variables. */
export const SIZES: { name: string; fits: (dimension: number) => boolean }[] = [
  { name: '1', fits: (n) => n === 1 },
  { name: '2', fits: (n) => n === 2 },
  { name: '3', fits: (n) => n === 3 },
  { name: '4–8', fits: (n) => n >= 4 && n <= 8 },
  { name: 'more', fits: (n) => n > 8 },
];
/** By what it does at the parameters it comes with. */
export const NATURES: { name: string; fits: (member: Member) => boolean }[] = [
  { name: 'chaotic', fits: ({ exponent, regular }) => regular === null && exponent !== null && exponent > 0 },
  { name: 'regular', fits: ({ regular }) => regular !== null },
];

/** Without capitals and accents, so that who has no umlaut on the keys finds Rössler too. */
export function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{Diacritic}/gu, '').toLowerCase();
}

const COLLATOR = new Intl.Collator('en');
const known = new WeakMap<Gallery, Entry[]>();
/** All members, sorted by title within each family. */
export function entries(gallery: Gallery): Entry[] {
  let all = known.get(gallery);
  if (all === undefined) {
    all = gallery.families.flatMap(({ name, shelf, members }) => [...members]
      .sort((a, b) => COLLATOR.compare(a.title, b.title))
      .map((member) => ({ member, family: name, shelf, text: plain(`${member.title} ${member.subtitle} ${member.sentence} ${member.slug} ${member.collection ?? ''} ${name}`) })));
    known.set(gallery, all);
  }
  return all;
}

/** A word such as `λ>0.5` or `n=3`: what is compared of a member, how, and with what. */
const COMPARISON = /^(λ₁?|exponent|n|variables)(<=|>=|≤|≥|<|>|=)(-?(?:\d+\.?\d*|\.\d+))$/;
function compares(word: string): ((member: Member) => boolean) | null {
  const [, what = '', sign = '', number = ''] = COMPARISON.exec(word.replace('−', '-')) ?? [];
  if (what === '') return null;
  const wanted = Number(number);
  // Exponents are printed with three figures; who types one of those means it.
  const close = 0.005 * Math.abs(wanted);
  return ({ dimension, exponent }) => {
    const value = what.startsWith('λ') || what === 'exponent' ? exponent : dimension;
    if (value === null) return false;
    if (sign === '=') return Math.abs(value - wanted) <= close;
    if (sign.startsWith('<') || sign === '≤') return sign === '<' ? value < wanted : value <= wanted;
    return sign === '>' ? value > wanted : value >= wanted;
  };
}

/** The test whether a member is wished for. */
export function wished({ query, family, size, nature }: Wish): (entry: Entry) => boolean {
  // Blanks about a sign are no ends of a word.
  const tests = plain(query).replace(/\s*(<=|>=|[<>=≤≥])\s*/g, '$1').split(/\s+/).filter((word) => word !== '').map((word) => {
    const compared = compares(word);
    return (entry: Entry) => (compared === null ? entry.text.includes(word) : compared(entry.member));
  });
  const ofSize = SIZES.find(({ name }) => name === size);
  const ofNature = NATURES.find(({ name }) => name === nature);
  return (entry) => (family === '' || family === entry.family)
    && (ofSize === undefined || (entry.member.dimension !== null && ofSize.fits(entry.member.dimension)))
    && (ofNature === undefined || ofNature.fits(entry.member))
    && tests.every((fits) => fits(entry));
}
