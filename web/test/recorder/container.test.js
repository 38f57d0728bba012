/**
 * Which container is recorded, as a page asks for it.
 */

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Recorder } from '../../recorder.js';
import { FakeStream, FakeTrack, installPage, medias, workers } from '../lib/fake-page.js';

const OPTIONS = { broker: 'https://b.example', grant: 'gr_1' };

beforeEach(() => installPage());

for (const { name, given, says } of [
  { name: 'another word', given: { container: 'avi' }, says: /avi is none of auto, mp4, webm/ },
  { name: 'one in capitals', given: { container: 'MP4' }, says: /MP4 is none of/ },
  { name: 'a content type', given: { container: 'video/mp4' }, says: /none of/ },
  { name: 'a number', given: { container: 4 }, says: /4 is none of/ },
  { name: 'another one than contentType names', given: { container: 'mp4', contentType: 'video/webm;codecs=vp9' }, says: /mp4, and contentType is video\/webm/ },
  { name: 'one where contentType names neither', given: { container: 'webm', contentType: 'audio/ogg' }, says: /audio\/ogg/ },
]) {
  test(`${name} is refused at once`, async () => {
    const refused = ({ code, field, message }) => code === 'invalid' && field === 'container' && says.test(message);
    assert.throws(() => new Recorder({ ...OPTIONS, ...given }), refused);
    await assert.rejects(Recorder.check({ ...OPTIONS, ...given }), refused);
  });
}

for (const { name, given, vendor = 'Google Inc.', records, keyFrameMs, sliceMs = 500 } of [
  { name: 'nothing', given: {}, records: 'video/webm;codecs=vp9,opus', keyFrameMs: 2000 },
  { name: 'auto', given: { container: 'auto' }, records: 'video/webm;codecs=vp9,opus', keyFrameMs: 2000 },
  { name: 'WebM', given: { container: 'webm' }, records: 'video/webm;codecs=vp9,opus', keyFrameMs: 2000 },
  { name: 'MP4', given: { container: 'mp4' }, records: 'video/mp4;codecs=avc3,mp4a.40.2', keyFrameMs: 1000 },
  { name: 'a content type', given: { contentType: 'video/mp4;codecs=vp9,opus' }, records: 'video/mp4;codecs=vp9,opus', keyFrameMs: 1000 },
  { name: 'both, and they agree', given: { container: 'mp4', contentType: 'Video/MP4' }, records: 'Video/MP4', keyFrameMs: 1000 },
  { name: 'nothing in Apple’s engine', given: {}, vendor: 'Apple Computer, Inc.', records: 'video/mp4;codecs=avc1,mp4a.40.2', keyFrameMs: 1000, sliceMs: 1000 },
  { name: 'WebM in Apple’s engine', given: { container: 'webm' }, vendor: 'Apple Computer, Inc.', records: 'video/webm;codecs=vp9,opus', keyFrameMs: 2000, sliceMs: 1000 },
]) {
  test(`who asks for ${name} gets ${records}`, async () => {
    navigator.vendor = vendor;
    await new Recorder({ ...OPTIONS, ...given }).start(new FakeStream([new FakeTrack('video'), new FakeTrack('audio')]));
    const [{ mimeType, how, sliceMs: slices }] = medias;
    assert.deepEqual([mimeType, how.videoKeyFrameIntervalDuration, slices], [records, keyFrameMs, sliceMs]);
    const { job } = workers[0].posted.find(({ type }) => type === 'record');
    assert.equal(job.contentType.replaceAll('"', ''), records, 'and the broker is told');
  });
}
