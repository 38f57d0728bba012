import assert from 'node:assert/strict';
import { test } from 'node:test';
import { losesByLeaving } from '../../element/leaving.js';

const nothing = { isFile: false, kept: false, hopeless: false };
const some = { recordedBytes: 100, uploadedBytes: 99 };
const all = { recordedBytes: 100, uploadedBytes: 100 };
const none = { recordedBytes: 0, uploadedBytes: 0 };

for (const { name, state, counts = some, more = {}, loses } of [
  { name: 'while recording', state: 'recording', counts: all, loses: true },
  { name: 'while a file goes up', state: 'uploading', loses: true },
  { name: 'paused, with bytes that S3 lacks', state: 'paused', loses: true },
  { name: 'paused, all in S3', state: 'paused', counts: all, loses: false },
  { name: 'paused before anything was counted', state: 'paused', counts: none, loses: true },
  { name: 'saving or recovering, with bytes that S3 lacks', state: 'stopping', loses: true },
  { name: 'saving or recovering, all in S3', state: 'stopping', counts: all, loses: false },
  { name: 'stopped before anything was counted', state: 'stopping', counts: none, loses: true },
  { name: 'failed, and only in this page', state: 'failed', loses: true },
  { name: 'failed, all in S3', state: 'failed', counts: all, loses: false },
  { name: 'failed, and on this device', state: 'failed', more: { kept: true }, loses: false },
  { name: 'failed, and nothing is left', state: 'failed', more: { hopeless: true }, loses: false },
  { name: 'failed, and a file that stays where it is', state: 'failed', more: { isFile: true }, loses: false },
  { name: 'completed', state: 'completed', loses: false },
  { name: 'before anything', state: 'idle', counts: none, loses: false },
]) {
  test(`${name}: leaving ${loses ? 'loses something' : 'is safe'}`, () => {
    assert.equal(losesByLeaving({ ...nothing, ...more, state }, counts), loses);
  });
}
