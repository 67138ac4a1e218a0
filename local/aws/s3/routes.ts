import {
  createBucket,
  deleteBucket,
  deleteObjects,
  deleteObjectTagging,
  getBucketLocation,
  getBucketVersioning,
  getObjectTagging,
  headBucket,
  listBuckets,
  putBucketVersioning,
  putObjectTagging,
} from './bucket-operations.ts';
import type { Operation } from './call.ts';
import { notImplemented } from './errors.ts';
import { listObjectsV2, listObjectVersions } from './listing-operations.ts';
import {
  abortMultipartUpload,
  completeMultipartUpload,
  createMultipartUpload,
  listParts,
  uploadPart,
} from './multipart-operations.ts';
import { copyObject, deleteObject, getObject, putObject } from './object-operations.ts';

export interface Route {
  /** As the API reference calls it. */
  name: string;
  serve: Operation;
}

/** By level, method and the query parameter that selects the operation (none: an empty string). */
const routes: Record<string, Record<string, Route>> = {
  service: { 'GET ': { name: 'ListBuckets', serve: listBuckets } },
  bucket: {
    'PUT ': { name: 'CreateBucket', serve: createBucket },
    'HEAD ': { name: 'HeadBucket', serve: headBucket },
    'DELETE ': { name: 'DeleteBucket', serve: deleteBucket },
    'GET location': { name: 'GetBucketLocation', serve: getBucketLocation },
    'GET versioning': { name: 'GetBucketVersioning', serve: getBucketVersioning },
    'PUT versioning': { name: 'PutBucketVersioning', serve: putBucketVersioning },
    'GET list-type': { name: 'ListObjectsV2', serve: listObjectsV2 },
    'GET versions': { name: 'ListObjectVersions', serve: listObjectVersions },
    'POST delete': { name: 'DeleteObjects', serve: deleteObjects },
  },
  object: {
    'PUT ': { name: 'PutObject', serve: putObject },
    'PUT copy': { name: 'CopyObject', serve: copyObject },
    'GET ': { name: 'GetObject', serve: getObject },
    'HEAD ': { name: 'HeadObject', serve: getObject },
    'DELETE ': { name: 'DeleteObject', serve: deleteObject },
    'GET tagging': { name: 'GetObjectTagging', serve: getObjectTagging },
    'PUT tagging': { name: 'PutObjectTagging', serve: putObjectTagging },
    'DELETE tagging': { name: 'DeleteObjectTagging', serve: deleteObjectTagging },
    'POST uploads': { name: 'CreateMultipartUpload', serve: createMultipartUpload },
    'PUT uploadId': { name: 'UploadPart', serve: uploadPart },
    'POST uploadId': { name: 'CompleteMultipartUpload', serve: completeMultipartUpload },
    'DELETE uploadId': { name: 'AbortMultipartUpload', serve: abortMultipartUpload },
    'GET uploadId': { name: 'ListParts', serve: listParts },
  },
};

/** Parameters that refine an operation but do not select one. */
const refinements =
  /^(x-id|x-amz-.*|versionid|response-.*|prefix|delimiter|max-keys|encoding-type|fetch-owner|start-after|continuation-token|key-marker|version-id-marker|max-parts|part-number-marker|max-buckets|bucket-region)$/i;

/** The operation that a request means. Anything else is NotImplemented (501), never a guess. */
export function route(
  method: string,
  bucketName: string,
  key: string,
  query: URLSearchParams,
  copies: boolean,
): Route {
  const level = bucketName === '' ? 'service' : key === '' ? 'bucket' : 'object';
  let selectors = [...new Set(query.keys())].filter((name) => !refinements.test(name));
  // A part's number selects UploadPart only together with the upload's id.
  if (selectors.includes('uploadId') && method === 'PUT')
    selectors = selectors.filter((name) => name !== 'partNumber');
  if (copies) selectors.push('copy');
  const found = selectors.length > 1 ? undefined : routes[level]?.[`${method} ${selectors[0] ?? ''}`];
  if (found === undefined)
    throw notImplemented(`${method} on a ${level} with ${selectors.join(', ') || 'no'} parameter`);
  return found;
}
