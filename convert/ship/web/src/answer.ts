/** The panel that tells a verdict: word, meaning, gauge, facts, and the same for a screen reader. */

import { REASONS, type Reason } from './condition';
import { listViews, type Contract } from './contract';
import { find } from './element';
import type { LiveVerdict } from './live';
import { NO_STATEMENT, STRENGTHS, type Evidence } from './provenance/evidence';
import { warnOfReduction, type Label, type Verdict } from './verdict';

const MEANINGS: Readonly<Record<Label, string>> = {
  fake: 'The model finds traces of a generator or of manipulation.',
  real: 'The model finds no traces that it knows. Generators that it never saw may leave none.',
  unsure: 'The score lies where the model is least certain. It does not tell either way.',
};
const SAYS_SO = 'The file itself says that a generator made the picture.';
const STRENGTH_NAMES: Readonly<Record<Evidence['strength'], string>> = {
  'declares-generated': 'Declares a generator',
  'declares-edited': 'Declares an edit by AI',
  'speaks-for-a-camera': 'Speaks for a camera',
  note: 'Note',
};
const NEXT_STEPS: Readonly<Record<Label, string>> = {
  fake: 'Find where the picture first appeared and who made it. Do not call it fake on this alone.',
  real: 'Ask who took it, where and when. No traces found does not make it a photo.',
  unsure: 'Ask for the original file and check that: screenshots and messengers leave less to see.',
};
const NEXT_WITH_STATEMENT = 'Keep this very file: its statement is lost where a website or messenger saves it again.';
const NEXT_WITH_REASON = 'Look for a larger, less compressed copy, at best the original file, and check that.';
const SPOKEN_EVERY = 3000; // ms at least between two announcements of a live verdict

const answer = find('answer', HTMLElement);
const verdictWord = find('verdict', HTMLElement);
const meter = find('meter', HTMLElement);
const note = find('note', HTMLElement);
const facts = find('facts', HTMLElement);
const statements = find('statements', HTMLElement);
const spoken = find('spoken', HTMLElement);

let spokenLabel: Label | undefined;
let spokenAt = -Infinity;

/** Put what the contract says into the page: borders of the gauge, limits, measurements. */
export function showContract(contract: Contract): void {
  const { threshold, unsure_low, unsure_high } = contract.decision;
  const banded = unsure_low <= unsure_high;
  const band = find('band', HTMLElement), border = find('border', HTMLElement);
  band.hidden = find('band-name', HTMLElement).hidden = !banded;
  border.hidden = banded && unsure_low <= threshold && threshold <= unsure_high;
  for (const [name, value] of [['--low', unsure_low], ['--high', unsure_high], ['--border', threshold]] as const) {
    meter.style.setProperty(name, value.toFixed(4));
  }
  find('limits', HTMLElement).textContent = contract.limits || 'Its maker did not say.';
  find('description', HTMLElement).textContent = `${contract.description}.`.replace(/\.\.$|^\.$/, '.');
  find('model', HTMLElement).textContent = `Model: ${contract.name}`;
  const rows = contract.measured.map(({ metric, value, low, high, n, data, split, note: remark }) => {
    const row = document.createElement('tr');
    const name = document.createElement('th');
    name.scope = 'row';
    name.textContent = `${metric}, ${data} ${split}${remark ? ` (${remark})` : ''}`;
    row.append(name, ...[value.toFixed(3), `${low.toFixed(3)} to ${high.toFixed(3)}`, n.toLocaleString('en')].map(makeCell));
    return row;
  });
  find('measured', HTMLTableElement).tBodies[0]?.replaceChildren(...rows);
}

/** Show the verdict on a picture, and say it. */
export function showVerdict(verdict: Verdict, contract: Contract): void {
  showLabel(verdict.label, verdict.pFake, verdict.reason);
  if (verdict.pixelsLabel) {
    find('meaning', HTMLElement).textContent = `${SAYS_SO} Its pixels alone: ${verdict.pixelsLabel.toUpperCase()}.`;
    find('next', HTMLElement).textContent = NEXT_WITH_STATEMENT;
    find('score-name', HTMLElement).textContent = 'P(fake) of its pixels alone';
    meter.setAttribute('aria-valuetext', `${verdict.pFake.toFixed(2)}, ${verdict.pixelsLabel}`);
  }
  showStatements(verdict.evidence);
  showNote(warnOfReduction(contract, verdict.reduction));
  const views = verdict.views.length > 1 ? verdict.views : [];
  showFacts([
    ['Picture', `${verdict.width} × ${verdict.height} px`],
    ['Looked at', tell(verdict.regions.length, contract)],
    ...views.map(({ name, pFake }) => [`View ${name}`, `P(fake) ${pFake.toFixed(3)}`] as const),
    ['Opened in', `${verdict.decodeMs.toFixed(0)} ms`],
    ['Model took', `${verdict.modelMs.toFixed(0)} ms`],
  ]);
  spokenLabel = undefined;
  say(verdict.label, verdict.pFake, verdict.pixelsLabel ? SAYS_SO : tellMeaning(verdict.label, verdict.reason));
}

/** Show the verdict on what the camera sees; say it when it changes. */
export function showLive(live: LiveVerdict, contract: Contract): void {
  showLabel(live.label, live.pFake, live.frame.reason);
  find('statements-row', HTMLElement).hidden = true; // a camera's frame has no file
  showNote(warnOfReduction(contract, contract.input.fit === 'tiles' || contract.input.views ? 1 : Math.max(live.width, live.height) / contract.input.size));
  showFacts([
    ['Camera', `${live.width} × ${live.height} px`],
    ['Looks at', tell(live.frame.regions.length, contract)],
    ['Frames', `${live.fps.toFixed(0)} a second`],
    ['A frame takes', `${live.frame.modelMs.toFixed(0)} ms`],
  ]);
  say(live.label, live.pFake, tellMeaning(live.label, live.frame.reason));
}

export function hideAnswer(): void {
  answer.hidden = true;
  spoken.textContent = '';
  spokenLabel = undefined;
}

function showLabel(label: Label, pFake: number, reason: Reason | undefined): void {
  answer.hidden = false;
  answer.dataset['label'] = label;
  verdictWord.textContent = label.toUpperCase();
  find('meaning', HTMLElement).textContent = tellMeaning(label, reason);
  find('next', HTMLElement).textContent = reason ? NEXT_WITH_REASON : NEXT_STEPS[label];
  find('score-name', HTMLElement).textContent = 'P(fake)';
  find('score', HTMLOutputElement).textContent = pFake.toFixed(3);
  meter.setAttribute('aria-valuenow', pFake.toFixed(3));
  meter.setAttribute('aria-valuetext', `${pFake.toFixed(2)}, ${label}`);
  meter.style.setProperty('--p', pFake.toFixed(4));
}

function showStatements(evidence: readonly Evidence[]): void {
  find('statements-row', HTMLElement).hidden = false;
  const sorted = [...evidence].sort((a, b) => STRENGTHS.indexOf(a.strength) - STRENGTHS.indexOf(b.strength));
  const lines = sorted.map(({ strength, what, words, where }) => {
    const line = document.createElement('li');
    const name = document.createElement('strong');
    name.textContent = STRENGTH_NAMES[strength];
    line.append(name, `: ${what}${words && `: “${words}”`}${where && ` (${where})`}`);
    return line;
  });
  const none = document.createElement('li');
  none.textContent = `${NO_STATEMENT[0]?.toUpperCase()}${NO_STATEMENT.slice(1)}.`;
  statements.replaceChildren(...(lines.length ? lines : [none]));
}

function showNote(text: string): void {
  note.hidden = !text;
  note.textContent = text;
}

function showFacts(rows: readonly (readonly [string, string])[]): void {
  if (facts.children.length === rows.length) { // a live verdict: only the words change
    rows.forEach((words, at) => words.forEach((word, part) => { facts.children[at]!.children[part]!.textContent = word; }));
    return;
  }
  facts.replaceChildren(...rows.map((words) => {
    const row = document.createElement('div');
    row.append(...words.map((word, part) => {
      const cell = document.createElement(part ? 'dd' : 'dt');
      cell.textContent = word;
      return cell;
    }));
    return row;
  }));
}

function tellMeaning(label: Label, reason: Reason | undefined): string {
  return reason ? REASONS[reason] : MEANINGS[label];
}

function say(label: Label, pFake: number, meaning: string): void {
  const now = performance.now();
  if (label === spokenLabel || (spokenLabel && now - spokenAt < SPOKEN_EVERY)) return;
  [spokenLabel, spokenAt] = [label, now];
  spoken.textContent = `Verdict: ${label}. P(fake) ${pFake.toFixed(2)}. ${meaning}`;
}

function tell(tiles: number, contract: Contract): string {
  const told = listViews(contract.input).map(({ size, fit }) =>
    fit === 'resize' ? `the whole, at ${size} px` : `${tiles} ${tiles === 1 ? 'tile' : 'tiles'} of ${size} px`);
  return told.join('; ');
}

function makeCell(text: string): HTMLTableCellElement {
  const cell = document.createElement('td');
  cell.textContent = text;
  return cell;
}
