// The lesson: one step at a time, and one action that does what the step asks.
import type { LessonStep, Setting } from './contract';
import { h, markup } from './dom';

export class LessonPanel extends HTMLElement {
  onact: (sets: Setting[]) => void = () => undefined;
  #steps: LessonStep[] = [];
  #at = 0;
  #slug = '';
  get at(): number {
    return this.#at;
  }
  get steps(): LessonStep[] {
    return this.#steps;
  }
  show(slug: string, steps: LessonStep[]): void {
    if (slug !== this.#slug) this.#at = 0;
    const same = slug === this.#slug && JSON.stringify(steps) === JSON.stringify(this.#steps);
    this.#slug = slug;
    this.#steps = steps;
    if (!same) this.go(this.#at);
  }
  go(to: number): void {
    this.#at = Math.max(0, Math.min(this.#steps.length - 1, to));
    const step = this.#steps[this.#at];
    if (step === undefined) {
      this.replaceChildren();
      return;
    }
    const n = this.#steps.length;
    const focused = document.activeElement instanceof HTMLElement && this.contains(document.activeElement) ? document.activeElement.dataset['turn'] : undefined;
    this.replaceChildren(
      h('header', {}, h('h2', {}, 'Lesson'), h('span', { class: 'aux' }, `${this.#at + 1} of ${n}`, stepsBar(n, this.#at))),
      h('div', { class: 'lesson' }, h('p', {}, markup(step.text))),
      h('div', { class: 'lessonacts' },
        step.action === '' ? h('span') : h('button', { class: 'act', onclick: () => this.onact(step.sets) }, step.action),
        h('span', { class: 'turn' },
          h('button', { class: 'textlink', 'data-turn': 'back', disabled: this.#at === 0, onclick: () => this.go(this.#at - 1) }, 'Back'),
          h('button', { class: 'textlink', 'data-turn': 'next', disabled: this.#at === n - 1, onclick: () => this.go(this.#at + 1) }, 'Next'))));
    if (focused !== undefined) this.querySelector<HTMLElement>(`[data-turn=${focused}]`)?.focus();
  }
}
customElements.define('sx-lesson', LessonPanel);

export function stepsBar(n: number, at: number): HTMLElement {
  return h('span', { class: 'steps', 'aria-hidden': 'true' }, ...Array.from({ length: n }, (_, i) => h('i', { class: i <= at ? 'on' : null })));
}
