import { readBody } from '../http.ts';
import { Bucket } from './buckets.ts';
import { type Call, isoTime, type Operation } from './call.ts';
import { malformedXml, notImplemented, S3Error } from './errors.ts';
import { deleteOne, find, versionHeader } from './object-operations.ts';
import { tagsFromXml } from './properties.ts';
import { childText, parseXml, writeXml, type XmlTree } from './xml.ts';

const maxDocumentBytes = 2 * 1024 * 1024;

async function document(call: Call): Promise<string> {
  const body = await readBody(call.request, maxDocumentBytes);
  if (body === null) throw malformedXml();
  return body.toString();
}

export const createBucket: Operation = async (call) => {
  const name = call.bucketName;
  if (!/^[a-z\d][a-z\d.-]{1,61}[a-z\d]$/.test(name) || name.includes('..') || /^\d+(\.\d+){3}$/.test(name)) {
    throw new S3Error('InvalidBucketName', 400, 'The specified bucket is not valid.', { BucketName: name });
  }
  const text = await document(call);
  const location =
    text === '' ? undefined : childText(parseXml(text, 'CreateBucketConfiguration'), 'LocationConstraint');
  if (location !== undefined && location !== call.region) {
    throw new S3Error(
      'IllegalLocationConstraintException',
      400,
      `The ${location} location constraint is incompatible for the region specific endpoint this request was sent to.`,
    );
  }
  call.buckets.add(new Bucket(name, call.now(), call.bodies));
  return { status: 200, headers: { location: `/${name}` } };
};

export const headBucket: Operation = (call) => {
  call.buckets.get(call.bucketName);
  return { status: 200, headers: { 'x-amz-bucket-region': call.region } };
};

export const deleteBucket: Operation = (call) => {
  call.buckets.delete(call.buckets.get(call.bucketName));
  return { status: 204 };
};

export const getBucketLocation: Operation = (call) => {
  call.buckets.get(call.bucketName);
  const namespace = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
  const location = call.region === 'us-east-1' ? '' : call.region;
  return { status: 200, body: `<LocationConstraint ${namespace}>${location}</LocationConstraint>` };
};

export const listBuckets: Operation = (call) => {
  const buckets = call.buckets
    .all()
    .map(({ name, createdAt }) => ({ Name: name, CreationDate: isoTime(createdAt) }));
  const owner = { ID: '0'.repeat(64) };
  return {
    status: 200,
    body: writeXml('ListAllMyBucketsResult', { Buckets: { Bucket: buckets }, Owner: owner }),
  };
};

export const getBucketVersioning: Operation = (call) => {
  const { versioning } = call.buckets.get(call.bucketName);
  return { status: 200, body: writeXml('VersioningConfiguration', { Status: versioning ?? undefined }) };
};

export const putBucketVersioning: Operation = async (call) => {
  const bucket = call.buckets.get(call.bucketName);
  const configuration = parseXml(await document(call), 'VersioningConfiguration');
  if (childText(configuration, 'MfaDelete') === 'Enabled') throw notImplemented('MFA delete');
  const status = childText(configuration, 'Status');
  if (status !== 'Enabled' && status !== 'Suspended') throw malformedXml();
  bucket.versioning = status;
  return { status: 200 };
};

export const deleteObjects: Operation = async (call) => {
  const bucket = call.buckets.get(call.bucketName);
  const root = parseXml(await document(call), 'Delete');
  const objects = root.children.filter(({ name }) => name === 'Object');
  if (objects.length === 0 || objects.length > 1000) throw malformedXml();
  const Deleted: XmlTree[] = [];
  const errors: XmlTree[] = [];
  objects.forEach((object, index) => {
    const key = childText(object, 'Key');
    if (key === undefined || key === '') throw malformedXml();
    if (object.children.some(({ name }) => !['Key', 'VersionId'].includes(name))) {
      throw notImplemented('conditions on deletes');
    }
    const asked = childText(object, 'VersionId');
    if (call.refuse?.refuses(key, index) === true) {
      const { code, message } = call.refuse;
      errors.push({ Key: key, VersionId: asked, Code: code, Message: message ?? 'Refused by a drill.' });
      return;
    }
    const { versionId, deleteMarker } = deleteOne(call, bucket, key, asked ?? null);
    Deleted.push({
      Key: key,
      VersionId: asked,
      DeleteMarker: deleteMarker ? true : undefined,
      DeleteMarkerVersionId: deleteMarker ? (versionId ?? undefined) : undefined,
    });
  });
  const shown = childText(root, 'Quiet') === 'true' ? [] : Deleted;
  return { status: 200, body: writeXml('DeleteResult', { Deleted: shown, Error: errors }) };
};

export const getObjectTagging: Operation = (call) => {
  const bucket = call.buckets.get(call.bucketName);
  const { tags, versionId } = find(bucket, call.key, call.query.get('versionId'));
  const Tag = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  return {
    status: 200,
    headers: versionHeader(bucket, versionId),
    body: writeXml('Tagging', { TagSet: { Tag } }),
  };
};

export const putObjectTagging: Operation = async (call) => {
  const tags = tagsFromXml(await document(call));
  return setTags(call, tags, 200);
};

export const deleteObjectTagging: Operation = (call) => setTags(call, {}, 204);

function setTags(call: Call, tags: Record<string, string>, status: number) {
  const bucket = call.buckets.get(call.bucketName);
  const version = find(bucket, call.key, call.query.get('versionId'));
  bucket.replace(call.key, version, { ...version, tags });
  return { status, headers: versionHeader(bucket, version.versionId) };
}
