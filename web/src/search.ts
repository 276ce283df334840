// Finding in the gallery: by words, by how many variables, by what it does. Nothing here touches the page.
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

/** All members, sorted by title within each family. */
export function entries(gallery: Gallery): Entry[] {
  return gallery.families.flatMap(({ name, shelf, members }) => [...members]
    .sort((a, b) => a.title.localeCompare(b.title, 'en'))
    .map((member) => ({ member, family: name, shelf, text: plain(`${member.title} ${member.subtitle} ${member.sentence} ${member.slug} ${member.collection ?? ''} ${name}`) })));
}

/** Whether a member is wished for. */
export function fits({ member, family, text }: Entry, wish: Wish): boolean {
  if (wish.family !== '' && wish.family !== family) return false;
  const size = SIZES.find(({ name }) => name === wish.size);
  if (size !== undefined && (member.dimension === null || !size.fits(member.dimension))) return false;
  const nature = NATURES.find(({ name }) => name === wish.nature);
  if (nature !== undefined && !nature.fits(member)) return false;
  return plain(wish.query).split(/\s+/).every((word) => text.includes(word));
}
