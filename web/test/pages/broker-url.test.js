import assert from 'node:assert/strict';
import { test } from 'node:test';

import { brokerUrl } from '../../pages/broker-url.js';

test('each page knows where its broker is, at the root and under a path', () => {
  for (const base of ['https://host.example', 'https://host.example:8443', 'https://host.example/slipway', 'https://host.example/a/b', 'https://host.example/ops']) {
    for (const page of ['/', '/ops', '/watch/2c7qmtx4o3avbnkfz5yd6ueirlwiw', '/embed/2c7qmtx4o3avbnkfz5yd6ueirlwiw', '/#grant=gr_x', '/watch/2c7qmtx4o3avbnkfz5yd6ueirlwiw#wt_x']) {
      assert.equal(brokerUrl(base + page), base, base + page);
    }
  }
});
