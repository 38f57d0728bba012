import createClient from 'openapi-fetch';
import { bearer, broker, bytes, done, grant, partsOf, putAll } from './file.js';
import type { components, paths } from './made/openapi-typescript.js';

const client = createClient<paths>({ baseUrl: broker });
const fail = (problem: components['schemas']['Problem'] | undefined): never => {
  throw new Error(`${problem?.code} ${problem?.reason}: ${problem?.detail}`);
};

const { data: session, error: refused } = await client.POST('/v1/sessions', {
  headers: bearer(grant),
  body: { content_type: 'video/webm', size: bytes.length },
});
if (!session) throw fail(refused);
const path = { id: session.id };

const { data: signed, error: unsigned } = await client.POST('/v1/sessions/{id}/parts', {
  params: { path },
  headers: bearer(session.token),
  body: { sign: partsOf(session.part_size) },
});
if (!signed) throw fail(unsigned);

const parts: components['schemas']['ClaimedPart'][] = await putAll(signed.urls, session.part_size);
const { data: completed, error: incomplete } = await client.POST('/v1/sessions/{id}/complete', {
  params: { path },
  headers: bearer(session.token),
  body: { parts, size: bytes.length },
});
if (!completed) throw fail(incomplete);
done(completed.id);
