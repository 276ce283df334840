// What the address says: which run, and how the page is to look. The engine reads the rest.

export interface Address {
  /** What the engine opens, such as `lorenz?rho=24.4&seed=7`; none when no run is named. */
  fragment: string | null;
  gallery: boolean;
  embed: boolean;
  gpu: boolean;
  rehearsal: boolean;
}

/** Flags that are the page's own and never reach the engine. */
const OWN = new Set(['embed', 'gpu']);

export function readAddress(location: Location): Address {
  const search = new URLSearchParams(location.search);
  const hash = location.hash.replace(/^#\/?/, '');
  const [path = '', ...rest] = hash.split('?');
  const own = new Map<string, string>();
  const kept = rest.join('?').split('&').filter((part) => {
    const [name = '', value = ''] = part.split('=');
    if (part === '' || !OWN.has(name)) return part !== '';
    own.set(name, value);
    return false;
  });
  const has = (name: string): boolean => search.has(name) || own.has(name);
  const slug = path.replace(/\/$/, '');
  return {
    fragment: slug === '' ? null : slug + (kept.length > 0 ? `?${kept.join('&')}` : ''),
    gallery: slug === '' && location.hash.startsWith('#/'),
    embed: has('embed'),
    gpu: (search.get('gpu') ?? own.get('gpu')) !== 'off',
    rehearsal: search.has('rehearsal'),
  };
}

/** The fragment alone, whatever stands before it. */
export function bare(link: string): string {
  return link.replace(/^[^#]*#/, '').replace(/^\/+/, '');
}
