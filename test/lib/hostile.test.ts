import { expect, it, vi } from 'vitest';
import { config } from '../../narx.config.ts';
import { objectsIn, ofType, synthesized } from '../support/synthesized.ts';

// Loading the CDK and synthesizing takes seconds, on a machine that is busy many.
vi.setConfig({ testTimeout: 120_000 });

/** What a stranger who means harm looks for, in the template with everything switched on. */
const resources = synthesized('local', config);
const all = [...resources].flatMap(([id, { Type, Properties }]) =>
  [...objectsIn(Properties)].map(({ object }) => ({ id, type: Type, object })),
);
const bucketOf = (reference: unknown): string => (reference as { Ref: string }).Ref;

it('no bucket can be made public, and each refuses plain connections', () => {
  const buckets = ofType(resources, 'AWS::S3::Bucket');
  expect(buckets.length).toBeGreaterThan(3);
  const refusing = ofType(resources, 'AWS::S3::BucketPolicy')
    .filter(([, { PolicyDocument }]) =>
      [...objectsIn(PolicyDocument)].some(
        ({ object }) =>
          object['Effect'] === 'Deny' && JSON.stringify(object).includes('"aws:SecureTransport":"false"'),
      ),
    )
    .map(([, { Bucket }]) => bucketOf(Bucket));
  for (const [id, { PublicAccessBlockConfiguration, BucketEncryption, AccessControl }] of buckets) {
    expect(PublicAccessBlockConfiguration, id).toEqual({
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
    expect(BucketEncryption, id).toBeDefined();
    expect(AccessControl, id).toBeUndefined();
    expect(refusing, id).toContain(id);
  }
});

it('nobody from outside is let in by a policy: only Deny speaks of everybody', () => {
  const everybody = all.filter(
    ({ object: { Effect, Principal } }) =>
      Effect === 'Allow' && (Principal === '*' || JSON.stringify(Principal ?? null).includes('"AWS":"*"')),
  );
  expect(everybody.map(({ id }) => id)).toEqual([]);
});

it('no function has a URL, and no permission to invoke one is given to everybody', () => {
  expect(ofType(resources, 'AWS::Lambda::Url')).toEqual([]);
  for (const [id, { Principal }] of ofType(resources, 'AWS::Lambda::Permission'))
    expect(Principal, id).toBe('apigateway.amazonaws.com');
});

it('no security group lets an address in, and out only to S3 and DynamoDB over TLS', () => {
  const rules = all.filter(
    ({ object }) => object['CidrIp'] !== undefined || object['CidrIpv6'] !== undefined,
  );
  const inbound = ofType(resources, 'AWS::EC2::SecurityGroup').filter(
    ([, { SecurityGroupIngress }]) => SecurityGroupIngress !== undefined,
  );
  expect(inbound.map(([id]) => id)).toEqual([]);
  for (const [id, { SourceSecurityGroupId, CidrIp }] of ofType(resources, 'AWS::EC2::SecurityGroupIngress')) {
    expect(SourceSecurityGroupId, id).toBeDefined();
    expect(CidrIp, id).toBeUndefined();
  }
  for (const { id, object } of rules)
    expect([object['FromPort'], object['ToPort'], object['IpProtocol']], id).toSatisfy(
      // CDK writes the closed group as one rule that reaches nobody.
      ([from, to, protocol]) =>
        (from === 443 && to === 443) || (from === 252 && to === 86 && protocol === 'icmp'),
    );
});

it('no database is public, and nothing that is kept is in plain text', () => {
  const databases = ofType(resources, 'AWS::RDS::DBInstance');
  expect(databases).toHaveLength(2);
  for (const [id, { PubliclyAccessible, StorageEncrypted }] of databases)
    expect([PubliclyAccessible, StorageEncrypted], id).toEqual([false, true]);
  for (const [id, { RequireTLS }] of ofType(resources, 'AWS::RDS::DBProxy'))
    expect(RequireTLS, id).toBe(true);
});

it('no secret stands in it: no password, no key, no token, and no secret that is made', () => {
  expect(ofType(resources, 'AWS::SecretsManager::Secret')).toEqual([]);
  const text = JSON.stringify([...resources]);
  expect(text).not.toMatch(/AKIA[0-9A-Z]{16}|-----BEGIN|resolve:secretsmanager|"MasterUserPassword"/);
  const named = all.flatMap(({ id, object }) =>
    Object.keys(object)
      // CloudFormation's name for the function behind a custom resource.
      .filter((key) => key !== 'ServiceToken' && /password|secret_?key|api_?key|token/i.test(key))
      .map((key) => `${id}.${key}`),
  );
  expect(named).toEqual([]);
});
