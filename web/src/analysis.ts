// The analysis desk: a question about whatever is open, what it takes, and the answer as it comes. A helper worker works
// on it, so that the run goes on beside it.
import type { Answer, Declaration, Question, Setting } from './contract';
import { ControlsPanel } from './controls';
import { h, markup } from './dom';
import type { Helpers } from './helpers';
import type { Frame } from './laboratory';
import { PictureBox } from './picture';

export class AnalysisPanel extends HTMLElement {
  helpers: Helpers | null = null;
  /** The link of what is open now. */
  fragment: () => string = () => '';
  /** The same with the step that it has reached. */
  reached: () => string = () => '';
  #declaration: Declaration | null = null;
  #seen = false;
  #about = '';
  #questions: Question[] = [];
  #chosen = '';
  readonly #settings = new Map<string, Setting[]>();
  #stop: (() => void) | null = null;
  #run = 0;
  #boxes = new Map<string, PictureBox>();
  readonly #choice = h('select', { 'aria-label': 'Question', onchange: () => this.#choose(this.#choice.value) });
  readonly #sentence = h('p', { class: 'sentence' });
  readonly #controls = new ControlsPanel();
  readonly #takes = h('details', {}, h('summary', {}, 'Settings'), this.#controls);
  readonly #button = h('button', { class: 'textlink', onclick: () => (this.#stop === null ? void this.ask() : this.#end()) }, 'Ask');
  readonly #aux = h('span', { role: 'status' });
  readonly #bar = h('progress', { max: 1, hidden: true, 'aria-label': 'Measuring' });
  readonly #findings = h('dl', { class: 'findings' });
  readonly #note = h('p', { class: 'sentence', role: 'status' });
  readonly #pictures = h('div', { class: 'answers' });

  connectedCallback(): void {
    if (this.#choice.isConnected) return;
    this.replaceChildren(h('header', {}, h('h2', {}, 'Analyse'), h('span', { class: 'aux' }, this.#aux, this.#button)),
      this.#choice, this.#sentence, this.#takes, this.#bar, this.#findings, this.#note, this.#pictures);
    this.#controls.onchange_ = (control, value) => this.#set(control, value);
    // Until somebody looks, no worker is started for it.
    new IntersectionObserver((entries) => {
      this.#seen = entries.some(({ isIntersecting }) => isIntersecting);
      void this.#look();
    }).observe(this);
  }

  /** Takes up what was opened. */
  show(declaration: Declaration): void {
    this.#declaration = declaration;
    void this.#look();
  }
  async #look(): Promise<void> {
    const declaration = this.#declaration;
    if (declaration === null || !this.#seen) return;
    const about = `${declaration.slug}\n${declaration.equations?.text ?? ''}`;
    if (about === this.#about || this.helpers === null) return;
    this.#about = about;
    this.#end();
    this.#clear();
    this.#settings.clear();
    try {
      const questions = await this.helpers.questions(this.fragment());
      if (about !== this.#about) return;
      this.#questions = questions;
    } catch {
      this.#about = '';
      return;
    }
    this.#choice.replaceChildren(...this.#questions.map(({ id, title }) => h('option', { value: id }, title)));
    const again = this.#questions.find(({ id }) => id === this.#chosen) ?? this.#questions[0];
    this.#button.hidden = again === undefined;
    this.#note.textContent = again === undefined ? 'Nothing can be asked about this.' : '';
    if (again !== undefined) this.#choose(again.id);
  }
  repaint(): void {
    for (const box of this.#boxes.values()) box.repaint();
  }

  #question(): Question | undefined {
    return this.#questions.find(({ id }) => id === this.#chosen);
  }
  #choose(id: string): void {
    this.#end();
    this.#clear();
    this.#chosen = id;
    this.#choice.value = id;
    const question = this.#question();
    if (question === undefined) return;
    this.#sentence.textContent = question.sentence;
    this.#takes.hidden = question.controls.length === 0;
    this.#controls.declare_({ controls: question.controls } as Declaration, this.#values(question));
  }
  #values({ id, controls }: Question): Setting[] {
    const set = this.#settings.get(id) ?? [];
    return controls.map((control) => set.find((one) => one.control === control.id) ?? { control: control.id, value: control.kind.default });
  }
  #set(control: string, value: Setting['value']): void {
    const question = this.#question();
    if (question === undefined) return;
    const others = (this.#settings.get(question.id) ?? []).filter((one) => one.control !== control);
    this.#settings.set(question.id, [...others, { control, value }]);
    this.#controls.show(this.#values(question));
  }

  async ask(): Promise<void> {
    const question = this.#question();
    if (this.helpers === null || question === undefined) return;
    this.#end();
    this.#clear();
    const run = ++this.#run;
    this.#bar.hidden = false;
    this.#bar.removeAttribute('value');
    const inHand = this.helpers.ask(this.reached(), question.id, this.#settings.get(question.id) ?? [], (answer, frames) => {
      if (run === this.#run) this.#draw(answer, frames);
    });
    this.#stop = inHand.stop;
    this.#button.textContent = 'Stop';
    this.#aux.textContent = 'measuring';
    let fault: string | null = null;
    try {
      const whole = await inHand.whole;
      if (run !== this.#run) return;
      if (whole?.answer != null) this.#draw(whole.answer, whole.frames);
      fault = whole?.fault ?? null;
    } catch (error) {
      if (run !== this.#run) return;
      fault = error instanceof Error ? error.message : String(error);
    }
    this.#stop = null;
    this.#done(fault === null ? 'measured here' : '');
    if (fault !== null) this.#note.textContent = fault;
  }

  #end(): void {
    if (this.#stop === null) return;
    this.#run++;
    this.#stop();
    this.#stop = null;
    this.#done('stopped');
  }
  #done(word: string): void {
    this.#bar.hidden = true;
    this.#button.textContent = 'Ask';
    this.#aux.textContent = word;
  }
  #clear(): void {
    this.#aux.textContent = '';
    this.#note.textContent = '';
    this.#findings.replaceChildren();
    this.#pictures.replaceChildren();
    this.#boxes.clear();
  }

  #draw(answer: Answer, frames: Frame[]): void {
    this.#bar.value = answer.progress;
    this.#findings.replaceChildren(...answer.findings.map(({ label, symbol, text }) => {
      const name = h('dt', {});
      if (symbol === null) name.append(label);
      else name.append(markup(symbol), h('span', { class: 'unseen' }, ` ${label}`));
      name.title = label;
      return h('div', {}, name, h('dd', {}, text));
    }));
    this.#note.textContent = answer.note ?? '';
    for (const view of answer.views) {
      let box = this.#boxes.get(view.id);
      if (box === undefined) {
        box = new PictureBox();
        this.#boxes.set(view.id, box);
        this.#pictures.append(box);
      }
      if (JSON.stringify(box.view) !== JSON.stringify(view)) box.show(view);
      const frame = frames.find(({ picture }) => picture.view === view.id);
      if (frame !== undefined) box.update(frame);
    }
  }
}
customElements.define('sx-analysis', AnalysisPanel);
