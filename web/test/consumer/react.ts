/**
 * A TypeScript user of the element and of React's part, compiled against the declarations that are published; never run.
 */

import 'slipway-recorder/element';
import type { SlipwayRecorder as RecorderElement } from 'slipway-recorder/element';
import { createElement } from 'react';
import { SlipwayRecorder, useRecorder } from 'slipway-recorder/react';

export const element = (found: RecorderElement): string => {
  found.grant = async () => 'gr_1';
  found.addEventListener('state', (event) => event.type);
  return `${found.broker} ${found.state} ${found.recorder?.id}`;
};

export function App() {
  const { state, progress, result, error, start, stop, recorder } = useRecorder({ broker: 'https://broker.example', grant: 'gr_1' });
  const facts: [string, number | undefined, string | undefined, string | undefined] = [state, progress?.recordedBytes, result?.watchUrl, error?.code];
  void start({ microphone: true }).then(() => stop());
  if (recorder) recorder.muted = true;
  return createElement(SlipwayRecorder, {
    broker: 'https://broker.example', grantUrl: '/slipway-grant', theme: 'dark', title: facts.join(),
    onState: ({ detail }) => (detail.state === 'completed' ? detail.result.watchUrl : detail.state),
  } as Parameters<typeof SlipwayRecorder>[0]);
}

// @ts-expect-error it needs a broker
export const without = createElement(SlipwayRecorder, { grantUrl: '/slipway-grant' });
