import { bearer, broker, bytes, done, grant, partsOf, putAll } from './file.js';
import { client } from './made/hey-api/client.gen.js';
import { completeSession, exchangeParts, openSession } from './made/hey-api/sdk.gen.js';
import type { ClaimedPart } from './made/hey-api/types.gen.js';

client.setConfig({ baseUrl: broker });

const { data: session } = await openSession({
  throwOnError: true,
  headers: bearer(grant),
  body: { content_type: 'video/webm', size: bytes.length },
});
const { data: signed } = await exchangeParts({
  throwOnError: true,
  headers: bearer(session.token),
  path: { id: session.id },
  body: { sign: partsOf(session.part_size) },
});
const parts: ClaimedPart[] = await putAll(signed.urls, session.part_size);
const { data: completed } = await completeSession({
  throwOnError: true,
  headers: bearer(session.token),
  path: { id: session.id },
  body: { parts, size: bytes.length },
});
done(completed.id);
