import AwsS3 from '@uppy/aws-s3';
import Uppy from '@uppy/core';
import GoldenRetriever from '@uppy/golden-retriever';
import { serve } from '../page.js';

serve({
  Uppy, GoldenRetriever,
  useS3: (uppy, { at, grant, options }) => uppy.use(AwsS3, { endpoint: at, headers: { authorization: `Bearer ${grant}` }, shouldUseMultipart: true, ...options }),
});
