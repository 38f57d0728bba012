import { bearer, bytes, done, grant, partsOf, putAll } from './file.js';
import { type ClaimedPart, completeSession, exchangeParts, openSession } from './made/orval.js';

const session = await openSession({ content_type: 'video/webm', size: bytes.length }, { headers: bearer(grant) });
if (session.status !== 201) throw new Error(`open: ${session.status}`);
const { id, token, part_size: partSize } = session.data;

const signed = await exchangeParts(id, { sign: partsOf(partSize) }, { headers: bearer(token) });
if (signed.status !== 200) throw new Error(`sign: ${signed.status}`);

const parts: ClaimedPart[] = await putAll(signed.data.urls, partSize);
const completed = await completeSession(id, { parts, size: bytes.length }, { headers: bearer(token) });
if (completed.status !== 200) throw new Error(`complete: ${completed.status}`);
done(completed.data.id);
