import { RemovalPolicy } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpoint,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  type IVpc,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { StageConfig } from '../config/schema.ts';
import { resourceName } from '../names.ts';

/**
 * A VPC without a way to the internet, in either direction: isolated subnets in two zones (what RDS and its proxy
 * demand), free gateway endpoints for S3 and DynamoDB, and one interface endpoint so that migrate can read the master
 * secret (docs/decisions/0003).
 */
export class Network extends Construct {
  readonly vpc: IVpc;
  readonly secretsEndpoint: InterfaceVpcEndpoint;
  readonly #secretsSecurityGroup: SecurityGroup;

  constructor(scope: Construct, id: string, config: StageConfig) {
    super(scope, id);
    const vpc = new Vpc(this, 'Vpc', {
      vpcName: resourceName(config),
      ipAddresses: IpAddresses.cidr('10.20.0.0/16'),
      maxAzs: 2,
      natGateways: 0,
      subnetConfiguration: [{ name: 'isolated', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 22 }],
      gatewayEndpoints: {
        S3: { service: GatewayVpcEndpointAwsService.S3 },
        DynamoDb: { service: GatewayVpcEndpointAwsService.DYNAMODB },
      },
      restrictDefaultSecurityGroup: false,
    });
    // aws-cdk-lib declares optional members of Vpc in a way that exactOptionalPropertyTypes does not accept as an IVpc.
    this.vpc = vpc as IVpc;
    vpc.addFlowLog('RejectedTraffic', {
      // Accepted traffic is our own queries; what is refused is what one looks for.
      trafficType: FlowLogTrafficType.REJECT,
      destination: FlowLogDestination.toCloudWatchLogs(
        new LogGroup(this, 'FlowLogs', {
          logGroupName: `/aws/vpc/${resourceName(config)}`,
          retention: config.alarms.logRetentionDays,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      ),
    });

    this.#secretsSecurityGroup = new SecurityGroup(this, 'SecretsSecurityGroup', {
      vpc: this.vpc,
      description: 'Secrets Manager endpoint',
      allowAllOutbound: false,
    });
    this.secretsEndpoint = new InterfaceVpcEndpoint(this, 'SecretsEndpoint', {
      vpc: this.vpc,
      service: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
      // One zone: it is billed per zone, and is used for seconds during a deployment.
      subnets: { subnets: this.vpc.isolatedSubnets.slice(0, 1) },
      securityGroups: [this.#secretsSecurityGroup],
      open: false,
    });
  }

  /** A security group that lets nothing out until somebody adds what it needs. */
  closedSecurityGroup(scope: Construct, id: string, description: string): SecurityGroup {
    return new SecurityGroup(scope, id, { vpc: this.vpc, description, allowAllOutbound: false });
  }

  allowSecretsFrom(group: SecurityGroup): void {
    this.#secretsSecurityGroup.connections.allowFrom(group, Port.tcp(443), 'Read the master secret');
  }
}
