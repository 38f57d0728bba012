import AwsS3 from '@uppy/aws-s3';
import Uppy from '@uppy/core';
import GoldenRetriever from '@uppy/golden-retriever';
import { serve } from '../page.js';

serve({
  Uppy, GoldenRetriever,
  useS3: (uppy, { at, grant, options, lines }) => {
    if (lines) new Function('uppy', 'AwsS3', 'grant', lines)(uppy, AwsS3, grant);
    else uppy.use(AwsS3, { companionEndpoint: `${at}/${grant}`, shouldUseMultipart: true, ...options });
  },
});
