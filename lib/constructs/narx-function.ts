import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { type ISecurityGroup, type IVpc, SubnetType } from 'aws-cdk-lib/aws-ec2';
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, type CfnFunction, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Settings, StageConfig } from '../config/schema.ts';
import { logicalId, resourceName } from '../names.ts';
import { bundle } from './bundle.ts';

export interface NarxFunctionProps {
  config: StageConfig;
  /** `functions/<service>.lambda.ts`; also the dimension `service` of its metrics. */
  service: keyof Settings['functions'];
  /** The marketplace or storage domain that this function serves; null when it serves the whole stage. */
  owner: string | null;
  environment: Record<string, string>;
  /** Null for functions that need the internet: they are outside the VPC. */
  network: { vpc: IVpc; securityGroup: ISecurityGroup } | null;
  /** Invocations that run at the same time, where nothing else limits them. */
  concurrency?: number;
}

/**
 * One Lambda function with its own role and log group. The role starts with nothing but the right to write that log (and
 * to attach to the VPC); whoever wires the function adds exactly what it needs.
 */
export class NarxFunction extends LambdaFunction {
  /** The function's own role; nothing else uses it. */
  readonly executionRole: Role;
  readonly service: keyof Settings['functions'];
  /** The marketplace or storage domain that it serves; null when it serves the whole stage. */
  readonly owner: string | null;

  constructor(scope: Construct, id: string, props: NarxFunctionProps) {
    const { config, service, owner, network } = props;
    const name = resourceName(config, service, owner);
    const logGroup = new LogGroup(scope, `${id}Logs`, {
      logGroupName: `/aws/lambda/${name}`,
      retention: config.alarms.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(scope, `${id}Role`, {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `Execution role of ${name}`,
      managedPolicies:
        network === null
          ? []
          : [ManagedPolicy.fromAwsManagedPolicyName('service-role/AWSLambdaENIManagementAccess')],
    });
    if (network !== null)
      Validations.of(role).acknowledge({
        id: 'AwsSolutions::AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaENIManagementAccess]',
        reason:
          'Network interfaces have no ARN before they exist; AWS maintains exactly the rights that a VPC function needs.',
      });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
    );
    const { timeoutSeconds, memoryMb } = config.functions[service];
    super(scope, id, {
      functionName: name,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: bundle(scope, config.functions, service),
      timeout: Duration.seconds(timeoutSeconds),
      memorySize: memoryMb,
      environment: props.environment,
      role,
      logGroup,
      ...(props.concurrency === undefined ? {} : { reservedConcurrentExecutions: props.concurrency }),
      ...(network === null
        ? {}
        : {
            vpc: network.vpc,
            vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
            securityGroups: [network.securityGroup],
          }),
    });
    this.executionRole = role;
    this.service = service;
    this.owner = owner;
    (this.node.defaultChild as CfnFunction).overrideLogicalId(logicalId(service, owner));
  }

  /** Allows exactly these actions on exactly these resources. */
  allow(actions: string[], resources: string[]): void {
    this.addToRolePolicy(new PolicyStatement({ actions, resources }));
  }
}
