import type { Resource } from '../support/synthesized.ts';

/** `sqs:SendMessage on UzumJobs`: one line for each action and resource that a function's role allows. */
export function permissionsOf(resources: ReadonlyMap<string, Resource>): Record<string, string[]> {
  const policies = [...resources].filter(([, { Type }]) => Type === 'AWS::IAM::Policy');
  return Object.fromEntries(
    [...resources]
      .filter(([, { Type }]) => Type === 'AWS::Lambda::Function')
      .map(([id, { Properties }]): [string, string[]] => {
        const role = idIn(Properties['Role']);
        const lines = policies
          .filter(([, { Properties: policy }]) => JSON.stringify(policy['Roles']).includes(`"${role}"`))
          .flatMap(([, { Properties: policy }]) => statementsOf(policy))
          .concat(inlineOf(resources.get(role)), managedOf(resources.get(role)))
          .sort();
        return [id, [...new Set(lines)]];
      })
      .sort(([a], [b]) => a.localeCompare(b)),
  );
}

function statementsOf(policy: Record<string, unknown>): string[] {
  const { Statement } = policy['PolicyDocument'] as { Statement: Record<string, unknown>[] };
  return Statement.flatMap(({ Effect, Action, Resource: on, Condition }) =>
    many(Action).flatMap((action) =>
      many(on).map(
        (resource) =>
          `${Effect === 'Allow' ? '' : `${String(Effect)} `}${String(action)} on ${rendered(resource)}${Condition === undefined ? '' : ' if …'}`,
      ),
    ),
  );
}

function inlineOf(role: Resource | undefined): string[] {
  return (many(role?.Properties['Policies'] ?? []) as Record<string, unknown>[]).flatMap(statementsOf);
}

function managedOf(role: Resource | undefined): string[] {
  return many(role?.Properties['ManagedPolicyArns'] ?? []).map(
    (arn) => `managed ${/service-role\/(\w+)/.exec(JSON.stringify(arn))?.[1]}`,
  );
}

const many = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);

function idIn(value: unknown): string {
  const found = value as { 'Fn::GetAtt'?: string[]; Ref?: string };
  return found['Fn::GetAtt']?.[0] ?? found.Ref ?? '';
}

/** An ARN as people read it: `${Logical}` for what is the template's, without account and region. */
function rendered(value: unknown): string {
  if (typeof value === 'string') return value;
  const intrinsic = value as { 'Fn::GetAtt'?: string[]; 'Fn::Join'?: [string, unknown[]]; Ref?: string };
  if (intrinsic['Fn::GetAtt']) {
    const [id, attribute] = intrinsic['Fn::GetAtt'];
    // CDK ends an id in a hash of its path; what people name has none.
    return attribute === 'Arn' ? String(id).replace(/[0-9A-F]{8}$/, '') : `${id}.${attribute}`;
  }
  if (intrinsic['Fn::Join']) {
    const text = intrinsic['Fn::Join'][1].map(rendered).join(intrinsic['Fn::Join'][0]);
    const user = /:rds-db:.*:dbuser:(.*)\/(\w+)$/.exec(text);
    return user
      ? `${user[2]}, ${user[1]?.includes('Proxy') ? 'through the proxy' : 'at the instance'}`
      : text;
  }
  if (intrinsic.Ref?.startsWith('AWS::')) return `<${intrinsic.Ref.slice(5).toLowerCase()}>`;
  return (intrinsic.Ref ?? JSON.stringify(value)).replace(/[0-9A-F]{8}$/, '');
}
