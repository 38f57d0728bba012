/** Who is told what was recorded, and where the page goes back to. */

import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';
import { ownerOf, tellOpener, wayBack } from '../../../pages/record/calling-app.js';

const recorded = { id: 'abc', watchUrl: 'https://broker.example/watch/abc#wt_1' };
const origins = ['https://app.example', 'http://127.0.0.1:3000'];

for (const { name, url, goes } of [
  { name: 'an origin of the settings', url: 'https://app.example/done?a=1', goes: 'https://app.example/done?a=1&slipway_id=abc#slipway_link=https%3A%2F%2Fbroker.example%2Fwatch%2Fabc%23wt_1' },
  { name: 'the same with its port', url: 'http://127.0.0.1:3000/', goes: 'http://127.0.0.1:3000/?slipway_id=abc#slipway_link=https%3A%2F%2Fbroker.example%2Fwatch%2Fabc%23wt_1' },
  { name: 'another origin', url: 'https://app.example.evil.example/', goes: null },
  { name: 'a subdomain', url: 'https://sub.app.example/', goes: null },
  { name: 'another port', url: 'https://app.example:8443/', goes: null },
  { name: 'another scheme', url: 'http://app.example/', goes: null },
  { name: 'a name and password before it', url: 'https://app.example@evil.example/', goes: null },
  { name: 'a script', url: 'javascript:alert(1)//https://app.example', goes: null },
  { name: 'a path', url: '/done', goes: null },
  { name: 'nothing', url: '', goes: null },
]) {
  test(`the way back to ${name} is ${goes ? 'offered' : 'not offered'}`, () => assert.equal(wayBack(url, origins, recorded)?.href ?? null, goes));
}

test('the opener is told under the origins of the settings alone', () => {
  const told = [];
  tellOpener({ postMessage: (message, origin) => { told.push({ message, origin }); } }, origins, recorded);
  assert.deepEqual(told, origins.map((origin) => ({ message: { type: 'slipway-recording', ...recorded }, origin })));
});

test('without an opener nobody is told', () => tellOpener(null, origins, recorded));

for (const { name, answer, shown } of [
  { name: 'an owner', answer: { owner: 'ann' }, shown: 'ann' },
  { name: 'an owner and a name', answer: { owner: 'ann', display_name: 'Ann Example' }, shown: 'Ann Example (ann)' },
  { name: 'a name that would turn what follows around', answer: { owner: 'ann', display_name: 'Bob \u202e' }, shown: 'Bob  (ann)' },
]) {
  test(`${name}: the owner is seen in any case`, async () => {
    const server = http.createServer((_, response) => response.end(JSON.stringify(answer))).listen(0, '127.0.0.1');
    try {
      await new Promise((resolve) => { server.once('listening', resolve); });
      assert.equal(await ownerOf(`http://127.0.0.1:${server.address().port}`, 'grant'), shown);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
}
