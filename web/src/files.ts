// Files that a person drops or opens: which of them are equations, which stand beside them, and what is refused.

export const MOST = { equations: 64 * 1024, beside: 1e6, series: 32e6 };

/** What to do with some files: run equations, learn from a series, or say why not. */
export type Plan =
  | { kind: 'equations'; file: File; beside: File[] }
  | { kind: 'series'; file: File }
  | { kind: 'refused'; why: string };

const size = (bytes: number): string => (bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.ceil(bytes / 1024)} KB`);
const named = (files: File[]): string => files.map(({ name }) => name).slice(0, 4).join(', ') + (files.length > 4 ? ', …' : '');

/** Looks at names and sizes alone. */
export function planned(files: File[]): Plan {
  const refused = (why: string): Plan => ({ kind: 'refused', why });
  const own = files.filter(({ name }) => /\.ode$/i.test(name));
  const [file, another] = own;
  if (file === undefined) {
    const [first] = files;
    if (first === undefined) return refused('There is no file in what was dropped.');
    if (files.length > 1) return refused(`None of these is a file of equations (.ode): ${named(files)}. Drop one series, or equations with the files that they read.`);
    if (/\.tab$/i.test(first.name)) return refused(`${first.name} is a table; drop it together with the .ode file that reads it.`);
    if (first.size > MOST.series) return refused(`${first.name} has ${size(first.size)}; a series may have ${size(MOST.series)}.`);
    return { kind: 'series', file: first };
  }
  if (another !== undefined) return refused(`There are ${own.length} files of equations (${named(own)}); drop one of them, with the files that it reads.`);
  if (file.size > MOST.equations) return refused(`${file.name} has ${size(file.size)}; equations may have ${size(MOST.equations)}.`);
  const beside = files.filter((one) => one !== file);
  const weight = beside.reduce((sum, one) => sum + one.size, 0);
  if (weight > MOST.beside) return refused(`The files beside ${file.name} have ${size(weight)} together; they may have ${size(MOST.beside)}.`);
  return { kind: 'equations', file, beside };
}

/** Text as UTF-8 or, where it is none, as Latin-1; null where it is no text at all. */
export function decoded(bytes: Uint8Array): string | null {
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('latin1').decode(bytes);
  }
}
/** The text of a file; null where it holds none. */
export async function textOf(file: File): Promise<string | null> {
  return decoded(new Uint8Array(await file.arrayBuffer()));
}
