/**
 * A TypeScript user of the package, compiled against the declarations that are published; never run.
 */

import { Recorder, RecorderError, uploadFile } from 'slipway-recorder';
import type { CaptureOptions, ErrorCode, Finding, Recovery, StateDetail, Unfinished, UploadOptions } from 'slipway-recorder';

const recorder = new Recorder({ broker: 'https://broker.example', grant: async () => 'gr_1' });

recorder.addEventListener('progress', ({ detail }) => {
  const sum: number = detail.recordedBytes + detail.uploadedBytes + detail.durationMs;
  return sum;
});
recorder.addEventListener('state', ({ detail: { state, result, error } }) => {
  const facts: [string, string | undefined, RecorderError | undefined] = [state, result?.watchUrl, error];
  return facts;
}, { once: true });
recorder.addEventListener('part', (event) => event.detail.number + event.detail.bytes);
const onError = ({ detail }: CustomEvent<{ error: RecorderError, fatal: boolean }>) => detail.error.code === 'offline';
recorder.addEventListener('error', onError);
recorder.removeEventListener('error', onError);

export function linkOf(detail: StateDetail): string {
  if (detail.state === 'completed') return detail.result.watchUrl;
  return detail.state === 'failed' ? detail.error.message : detail.state;
}

// @ts-expect-error only what is completed has a result for sure
export const hasty = (detail: StateDetail): string => detail.result.watchUrl;
export const some: CaptureOptions[] = [{ screen: true, camera: true, microphone: true }, { camera: { width: 1280 } }, { microphone: true }];

// @ts-expect-error no such shape
recorder.setBubble({ shape: 'star' });

// @ts-expect-error no such code
export const wrong: ErrorCode = 'on-fire';
export type Touched = [Finding['mend'], Recovery['result'], Unfinished['id'], UploadOptions['grant']];

// @ts-expect-error a detail has its own fields and no others
recorder.addEventListener('progress', ({ detail }) => detail.percent);

const setUp = async () => {
  await recorder.setMicrophone({ deviceId: { exact: 'desk' } });
  recorder.muted = recorder.level < 0.1;
  const findings = await Recorder.check({ broker: 'https://broker.example', grant: 'gr_1' });
  return findings.filter(({ ok }) => ok === false).map(({ name, detail, mend = '' }) => [name, detail, mend].join(' '));
};
export const lines: Promise<string[]> = setUp();

const target: EventTarget = recorder;
target.dispatchEvent(new Event('mine'));
recorder.addEventListener('mine', (event: Event) => event.type);

// @ts-expect-error not this one
export const unknown = new Recorder({ broker: 'https://broker.example', grant: 'gr_1', container: 'avi' });
export const mp4 = new Recorder({ broker: 'https://broker.example', grant: 'gr_1', container: 'mp4' });

export async function record(): Promise<string> {
  await recorder.start({ screen: true, microphone: { echoCancellation: true } }, { ready: async () => recorder.stream });
  const { watchUrl, durationMs, contentType } = await recorder.stop();
  return `${watchUrl} ${durationMs.toFixed()} ${contentType.toUpperCase()}`;
}

export async function upload(file: File): Promise<string> {
  const { watchUrl } = await uploadFile(file, {
    broker: 'https://broker.example',
    grant: 'gr_1',
    signal: AbortSignal.timeout(60_000),
    onProgress: ({ uploadedBytes }) => uploadedBytes.toFixed(),
    onTrouble: ({ code }) => code === 'offline',
  });
  return watchUrl;
}

export async function finishWhatIsLeft(): Promise<string[]> {
  const links: string[] = [];
  for (const { id, bytes, uploadedBytes, durationMs } of await Recorder.unfinished()) {
    if (bytes + uploadedBytes + durationMs === 0) {
      await Recorder.discard(id);
      continue;
    }
    const recovery = Recorder.recover(id, { grant: async () => 'gr_1', parallel: 2 });
    recovery.addEventListener('progress', ({ detail }) => detail.uploadedBytes.toFixed());
    const { watchUrl } = await recovery.result.catch(() => recovery.retry());
    links.push(watchUrl);
  }
  return links;
}
