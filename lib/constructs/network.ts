import { RemovalPolicy } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  IpAddresses,
  type IVpc,
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
 * demand), and free gateway endpoints for S3 and DynamoDB. No interface endpoint: every login to a database is an IAM
 * token that is signed locally, the master's too (docs/decisions/0003).
 */
export class Network extends Construct {
  readonly vpc: IVpc;

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
  }

  /** A security group that lets nothing out until somebody adds what it needs. */
  closedSecurityGroup(scope: Construct, id: string, description: string): SecurityGroup {
    return new SecurityGroup(scope, id, { vpc: this.vpc, description, allowAllOutbound: false });
  }
}
