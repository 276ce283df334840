// The claims: one table. Statement and verdict; then the measure here, without, the bar and the paper; then a
// strip that shows where the numbers fall. Seeds are measured by the helper workers, in parallel.
import type { Bar, Claim, Declaration, Figure, Measurement, Verdict } from './contract';
import { figure, h, icon, markup, minus, s, significant } from './dom';
import type { Helpers } from './helpers';

interface Standing {
  measurements: Measurement[];
  verdict: Verdict | null;
  /** Share done of each seed; empty when it is not being measured. */
  working: Map<number, number>;
  fault: string | null;
}

export class ClaimsPanel extends HTMLElement {
  helpers: Helpers | null = null;
  gpu = false;
  #declaration: Declaration | null = null;
  /** What was measured stays as long as the page, by exhibit and edition. */
  readonly #known = new Map<string, Map<string, Standing>>();
  #run = 0;
  #measuring = false;
  #drawn = 0;
  readonly #button = h('button', { class: 'textlink', onclick: () => (this.#measuring ? this.stop() : void this.measure()) }, 'Measure');
  readonly #aux = h('span', { role: 'status' });
  readonly #body = h('div');

  connectedCallback(): void {
    if (this.#body.isConnected) return;
    this.replaceChildren(h('header', {}, h('h2', {}, 'Claims'), h('span', { class: 'aux' }, this.#aux, this.#button)), this.#body);
  }

  show(declaration: Declaration): void {
    const same = this.#declaration?.slug === declaration.slug && this.#declaration.edition === declaration.edition;
    if (!same && this.#measuring) this.stop();
    this.#declaration = declaration;
    if (!same || this.#body.childElementCount === 0) this.#draw();
  }

  #standings(): Map<string, Standing> {
    const { slug, edition } = this.#declaration ?? { slug: '', edition: 0 };
    const key = `${slug}@${edition}`;
    let standings = this.#known.get(key);
    if (standings === undefined) this.#known.set(key, (standings = new Map()));
    return standings;
  }

  async measure(only?: string): Promise<void> {
    const { helpers } = this;
    const declaration = this.#declaration;
    if (helpers === null || declaration === null) return;
    const run = ++this.#run;
    const standings = this.#standings();
    this.#measuring = true;
    const jobs: Promise<void>[] = [];
    for (const claim of declaration.claims) {
      if (only !== undefined && claim.id !== only) continue;
      const standing: Standing = { measurements: [], verdict: null, working: new Map(claim.seeds.map((seed) => [seed, 0])), fault: null };
      standings.set(claim.id, standing);
      for (const seed of claim.seeds) jobs.push(this.#one(helpers, declaration, claim, seed, standing, run));
    }
    this.#draw();
    await Promise.all(jobs);
    if (run === this.#run) {
      this.#measuring = false;
      this.#draw();
    }
  }

  async #one(helpers: Helpers, declaration: Declaration, claim: Claim, seed: number, standing: Standing, run: number): Promise<void> {
    try {
      const measured = await helpers.measure(declaration.slug, claim.id, String(seed), this.gpu && declaration.takesGpu, (fraction) => {
        standing.working.set(seed, fraction);
        this.#soon();
      });
      standing.measurements.push(...measured);
      standing.verdict = await helpers.verdict(declaration.slug, claim.id, standing.measurements);
    } catch (error) {
      if (run === this.#run) standing.fault = error instanceof Error ? error.message : String(error);
    }
    standing.working.delete(seed);
    this.#soon();
  }

  stop(): void {
    this.#run++;
    this.#measuring = false;
    this.helpers?.stop();
    for (const [id, standing] of this.#standings()) {
      standing.working.clear();
      if (standing.measurements.length === 0) this.#standings().delete(id);
    }
    this.#draw();
  }

  #soon(): void {
    if (this.#drawn !== 0) return;
    this.#drawn = window.setTimeout(() => {
      this.#drawn = 0;
      this.#draw();
    }, 120);
  }

  #draw(): void {
    const declaration = this.#declaration;
    if (declaration === null) return;
    const standings = this.#standings();
    this.#button.textContent = this.#measuring ? 'Stop' : standings.size > 0 ? 'Measure again' : 'Measure';
    const seeds = Math.max(0, ...declaration.claims.map(({ seeds: list }) => list.length));
    this.#aux.textContent = this.#measuring ? 'measuring' : standings.size > 0 ? (seeds > 1 ? `median of ${seeds} seeds` : 'measured here') : '';
    const known = declaration.claims.every(({ figures }) => figures.every(({ paper }) => paper?.recalled !== true && paper?.value !== null));
    const heads: [string, string][] = [['measure', 'col'], ['here', 'col'], ['without', 'col'], ['bar', 'col'], [known && declaration.equations?.editable === true ? 'known' : 'paper', 'col']];
    const focused = document.activeElement instanceof HTMLElement && this.contains(document.activeElement) ? document.activeElement.dataset['claim'] : undefined;
    this.#body.replaceChildren(
      h('table', { class: 'claims' }, h('caption', { class: 'unseen' }, 'Claims of this exhibit: measured here, without the method, the bar, and the paper'),
        h('thead', {}, h('tr', {}, ...heads.map(([name, scope]) => h('th', { scope }, name)))),
        ...declaration.claims.map((claim) => this.#rows(claim, standings.get(claim.id)))),
      h('p', { class: 'key', 'aria-hidden': 'true' }, '● seed   ○ without   ◇ paper   ━ passes', declaration.claims.some(({ figures }) => figures.some(({ paper }) => paper?.recalled === true)) ? '   r: recalled, not read' : ''),
    );
    if (focused !== undefined) this.#body.querySelector<HTMLElement>(`[data-claim="${CSS.escape(focused)}"]`)?.focus();
  }

  #rows(claim: Claim, standing: Standing | undefined): HTMLElement {
    const rows: HTMLElement[] = [h('tr', {}, h('th', { scope: 'rowgroup', colspan: 5, class: 'statement' }, h('span', {}, h('span', { title: claim.note }, claim.statement), this.#verdict(claim, standing))))];
    for (const row of claim.figures) {
      const own = (standing?.measurements ?? []).filter((one) => one.figure === row.id);
      const values = own.map(({ value }) => value).filter((value) => value !== null);
      const baselines = own.map(({ baseline }) => baseline).filter((value) => value !== null);
      const measure = h('th', { scope: 'row', class: 'measure', title: row.measure });
      if (row.symbol !== null) measure.append(markup(row.symbol), h('span', { class: 'unseen' }, ` ${row.measure}`));
      else measure.append(row.measure);
      // A measure too long for its column takes the free ones, or a line to itself and its numbers follow.
      const long = (measure.firstElementChild?.textContent ?? measure.textContent ?? '').length > 6;
      if (long) {
        measure.classList.add('whole');
        // Until there are numbers the columns for them are free.
        measure.setAttribute('colspan', own.length > 0 ? '5' : '3');
        if (own.length > 0) rows.push(h('tr', {}, measure));
      }
      const numbers = own.length === 0 && long ? [] : [
        h('td', { class: 'here' }, values.length > 0 ? numeral(median(values), row.bar) : own.length > 0 ? 'none' : ''),
        h('td', { title: row.without }, baselines.length > 0 ? numeral(median(baselines), row.bar) : own.length > 0 ? 'none' : '')];
      rows.push(h('tr', {}, long && own.length > 0 ? h('td') : measure, ...numbers,
        h('td', {}, barText(row.bar)),
        h('td', {}, row.paper === null ? 'none' : row.paper.text, row.paper?.recalled === true ? h('span', { class: 'dim', title: 'recalled, not read' }, ' r') : null)));
      if (values.length > 0) rows.push(h('tr', { class: 'line', 'aria-hidden': 'true' }, h('td', { colspan: 5 }, strip(row, values, baselines))));
    }
    const why = standing?.fault ?? standing?.verdict?.reason ?? standing?.measurements.find(({ reason }) => reason !== null)?.reason ?? null;
    if (why !== null) rows.push(h('tr', { class: 'why' }, h('td', { colspan: 5 }, why)));
    return h('tbody', {}, ...rows);
  }

  #verdict(claim: Claim, standing: Standing | undefined): HTMLElement {
    if (standing === undefined) {
      return h('span', { class: 'verdict wait' }, claim.open ? 'open' : '', h('button', { class: 'textlink', 'data-claim': claim.id, 'aria-label': `Measure: ${claim.statement}`, onclick: () => void this.measure(claim.id) }, 'measure'));
    }
    if (standing.working.size > 0) {
      const done = (claim.seeds.length - standing.working.size + [...standing.working.values()].reduce((sum, part) => sum + part, 0)) / claim.seeds.length;
      return h('span', { class: 'verdict wait', role: 'progressbar', 'aria-label': claim.statement, 'aria-valuemin': 0, 'aria-valuemax': 100, 'aria-valuenow': Math.round(done * 100) }, icon('open'), `at ${Math.round(done * 100)} %`);
    }
    const { verdict } = standing;
    if (verdict === null) return h('span', { class: 'verdict wait' }, 'not measured');
    const image = verdict.word === 'holds' ? 'holds' : verdict.word === 'fails' ? 'fails' : 'open';
    return h('span', { class: verdict.word === 'not measured' ? 'verdict wait' : 'verdict' }, icon(image), verdict.word, verdict.measured > 0 ? h('span', { class: 'dim' }, `${verdict.held}/${verdict.measured}`) : null);
  }
}
customElements.define('sx-claims', ClaimsPanel);

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[half] as number) : ((sorted[half - 1] as number) + (sorted[half] as number)) / 2;
}
/** With as many decimals as its tolerance has, where it has one. */
function numeral(value: number, bar: Bar): string {
  if (bar.kind !== 'within' || Math.abs(value) > 1e5) return significant(value);
  return figure(value, Math.min(4, Math.max(0, Math.ceil(-Math.log10(bar.tolerance) - 1e-9) + (bar.tolerance >= 0.002 ? 1 : 0))));
}
/** A bound as it was declared. */
function bound(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size >= 1e5 || size < 1e-4) ? significant(value) : minus(String(Number(value.toPrecision(4))));
}
function barText(bar: Bar): HTMLElement | string {
  switch (bar.kind) {
    case 'atMost': return `≤ ${bound(bar.bound)}`;
    case 'atLeast': return `≥ ${bound(bar.bound)}`;
    case 'within': return `± ${bound(bar.tolerance)}`;
    case 'atMostBaseline': return h('span', { role: 'img', 'aria-label': 'at most the value without', title: 'at most the value without' }, '≤ ○');
    case 'moreThanBaseline': return h('span', { role: 'img', 'aria-label': 'more than the value without', title: 'more than the value without' }, '> ○');
  }
}

/** Heavy line where it passes, filled dots the seeds, ring the baseline, diamond the paper. */
function strip(row: Figure, values: number[], baselines: number[]): SVGElement {
  const { bar, paper } = row;
  const base = baselines.length > 0 ? median(baselines) : null;
  const [from, to]: [number, number] = bar.kind === 'within' ? [bar.centre - bar.tolerance, bar.centre + bar.tolerance]
    : bar.kind === 'atMost' ? [-Infinity, bar.bound] : bar.kind === 'atLeast' ? [bar.bound, Infinity]
    : bar.kind === 'atMostBaseline' ? [-Infinity, base ?? NaN] : [base ?? NaN, Infinity];
  const marks = [...values, ...baselines, from, to, ...(paper?.value === null || paper === null ? [] : [paper.value])].filter(Number.isFinite);
  const log = row.log && marks.every((mark) => mark > 0);
  const f = (value: number): number => (log ? Math.log(value) : value);
  const [low, high] = [Math.min(...marks.map(f)), Math.max(...marks.map(f))];
  const air = (high - low || 1) * 0.06;
  const x = (value: number): number => Math.max(0, Math.min(100, (100 * (f(value) - low + air)) / (high - low + 2 * air || 1)));
  const part = (value: number, otherwise: number): number => (Number.isFinite(value) ? x(value) : otherwise);
  const element = s('svg', { height: 12 }, s('line', { x1: '0%', x2: '100%', y1: 6, y2: 6, stroke: 'var(--rule-2)' }));
  if (!Number.isNaN(from) && !Number.isNaN(to)) element.append(s('line', { x1: `${part(from, 0)}%`, x2: `${part(to, 100)}%`, y1: 6, y2: 6, stroke: 'var(--ink)', 'stroke-width': 2.5 }));
  if (base !== null) element.append(s('circle', { cx: `${x(base)}%`, cy: 6, r: 3.5, fill: 'var(--paper)', stroke: 'var(--ink-2)', 'stroke-width': 1.25 }));
  if (paper !== null && paper.value !== null) {
    element.append(s('svg', { x: `${x(paper.value)}%`, overflow: 'visible', style: 'overflow:visible;width:1px;height:12px' }, s('path', { d: 'M0 1.5l4.5 4.5-4.5 4.5L-4.5 6z', fill: 'var(--paper)', stroke: 'var(--ink)', 'stroke-width': 1.25 })));
  }
  for (const value of values) element.append(s('circle', { cx: `${x(value)}%`, cy: 6, r: 3.5, fill: 'var(--accent)', stroke: 'var(--paper)' }));
  return element;
}
