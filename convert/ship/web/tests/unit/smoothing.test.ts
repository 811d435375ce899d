import { expect, it } from 'vitest';

import { Smoother } from '../../src/smoothing';

const decision = { threshold: 0.6, unsure_low: 0.5, unsure_high: 0.7 };

it('the smoothed verdict is that of Python, and left later than it was entered', () => {
  const smoother = new Smoother(decision);
  const frames = [[0.9, 0], [0.9, 0.5], [0.4, 1], [0.4, 1.2], [0.4, 1.3], [0.4, 2], [0.4, 9]] as const;
  const smoothed = frames.map(([pFake, time]) => smoother.add(pFake, time));
  const labels = ['fake', 'fake', 'fake', 'unsure', 'unsure', 'unsure', 'real'];
  expect(smoothed.map(({ label }) => label)).toEqual(labels);
  const scores = [0.9, 0.9, 0.7032653298563167, 0.6482926518957048, 0.6246644820586109, 0.511565080074215, 0.40010173418450534];
  smoothed.forEach(({ pFake }, at) => expect(pFake).toBeCloseTo(scores[at]!, 12));
});

it('within the margin of its border, FAKE stays', () => {
  const smoother = new Smoother(decision, 1e-9);
  expect([0.9, 0.68, 0.64].map((pFake, at) => smoother.add(pFake, at).label)).toEqual(['fake', 'fake', 'unsure']);
});

it('without smoothing each frame is judged alone', () => {
  const smoother = new Smoother(decision, 0);
  expect([0.9, 0.68, 0.2].map((pFake, at) => smoother.add(pFake, at).label)).toEqual(['fake', 'unsure', 'real']);
});
