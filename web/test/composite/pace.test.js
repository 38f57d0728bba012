import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Pace } from '../../composite/pace.js';

/** @param {(pace: Pace, tick: (ms: number) => void) => void} use @returns {number[]} when pictures were made */
function made(use) {
  mock.timers.enable({ apis: ['setTimeout'] });
  let now = 0;
  const at = [];
  try {
    use(new Pace(() => at.push(now), () => now), (ms) => {
      for (let i = 0; i < ms; i++) {
        now++;
        mock.timers.tick(1);
      }
    });
  } finally {
    mock.timers.reset();
  }
  return at;
}

test('two sources at 30 frames a second make 30 pictures a second, and not 60', () => {
  const at = made((pace, tick) => {
    for (let ms = 0; ms < 1000; ms++) {
      if (ms % 33 === 0 || ms % 33 === 15) pace.news();
      tick(1);
    }
  });
  assert.ok(at.length >= 29 && at.length <= 34, `${at.length}`);
});

test('a single source at 30 frames a second loses none', () => {
  const at = made((pace, tick) => {
    for (let i = 0; i < 30; i++) {
      pace.news();
      tick(i % 3 === 0 ? 34 : 33);
    }
  });
  assert.equal(at.length, 30);
});

test('the last change is made, though nothing follows it', () => {
  const at = made((pace, tick) => {
    pace.news();
    tick(5);
    pace.news();
    tick(1);
    pace.news();
    tick(100);
  });
  assert.deepEqual(at, [0, 30]);
});

test('nothing is made once it is stopped', () => {
  const at = made((pace, tick) => {
    pace.news();
    tick(5);
    pace.news();
    pace.stop();
    tick(100);
  });
  assert.deepEqual(at, [0]);
});
