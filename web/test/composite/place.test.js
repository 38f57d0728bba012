import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUBBLE, fitted, middleOf, placeOf, RANGES, recordedSize } from '../../composite/place.js';

const PICTURES = [[1280, 720], [1920, 1080], [720, 1280], [640, 640], [320, 240]].map(([width, height]) => ({ width, height }));

test('the bubble is inside the picture, wherever it is put and however large it is', () => {
  for (const picture of PICTURES) {
    for (const size of RANGES.size) for (const x of [0, 0.5, 1]) for (const y of [0, 0.5, 1]) {
      const at = placeOf(picture, { ...BUBBLE, size, x, y });
      assert.ok(at.x > 0 && at.y > 0 && at.x + at.width < picture.width && at.y + at.height < picture.height, JSON.stringify({ picture, size, x, y, at }));
    }
  }
});

test('x and y lead from one corner to the opposite one', () => {
  const at = (x, y) => placeOf({ width: 1000, height: 500 }, { ...BUBBLE, size: 0.2, x, y });
  assert.deepEqual(at(0, 0), { x: 15, y: 15, width: 100, height: 100 });
  assert.deepEqual(at(0.5, 0.5), { x: 450, y: 200, width: 100, height: 100 });
  assert.deepEqual(at(1, 1), { x: 885, y: 385, width: 100, height: 100 });
});

test('of a camera, the square in its middle is shown', () => {
  assert.deepEqual(middleOf({ width: 640, height: 480 }), { x: 80, y: 0, width: 480, height: 480 });
  assert.deepEqual(middleOf({ width: 480, height: 640 }), { x: 0, y: 80, width: 480, height: 480 });
});

test('a window that changes its proportions is fitted in, and nothing of it is cut', () => {
  const into = { width: 1280, height: 720 };
  assert.deepEqual(fitted({ width: 1280, height: 720 }, into), { x: 0, y: 0, width: 1280, height: 720 });
  assert.deepEqual(fitted({ width: 720, height: 720 }, into), { x: 280, y: 0, width: 720, height: 720 });
  assert.deepEqual(fitted({ width: 2560, height: 720 }, into), { x: 0, y: 180, width: 1280, height: 360 });
});

test('what is recorded has the size of the screen, even, and that of 1080p at most', () => {
  for (const [width, height, then] of [
    [1280, 720, [1280, 720]], [1279, 721, [1278, 720]], [1920, 1080, [1920, 1080]], [3840, 2160, [1920, 1080]], [1, 1, [2, 2]], [1080, 1920, [1080, 1920]],
  ]) {
    const size = recordedSize({ width, height });
    assert.deepEqual([size.width, size.height], then);
  }
  const wide = recordedSize({ width: 5120, height: 1440 });
  assert.ok(wide.width * wide.height <= 1920 * 1080 && Math.abs(wide.width / wide.height - 5120 / 1440) < 0.01, JSON.stringify(wide));
});
